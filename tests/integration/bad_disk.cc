#include "tests/integration/bad_disk.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

namespace forewarn {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kRoom = 64 << 10;

const char* Get(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

std::string FolderOf(const std::string& path) { return fs::path(path).parent_path().string(); }

}  // namespace

BadDisk::BadDisk(std::string folder)
    : folder_(std::move(folder)), state_(Get("FW_BAD_DISK_STATE")) {
  at_ = strtoull(Get("FW_BAD_DISK_AT"), nullptr, 10);
  random_ = strtoull(Get("FW_BAD_DISK_SEED"), nullptr, 10);
  const std::map<std::string, Fault> faults = {{"error", Fault::kError},
                                               {"once", Fault::kOnce},
                                               {"full", Fault::kFull},
                                               {"kill", Fault::kKill},
                                               {"power", Fault::kPower}};
  auto fault = faults.find(Get("FW_BAD_DISK_FAULT"));
  if (fault != faults.end() && at_ != 0) fault_ = fault->second;
  fs::create_directories(aside());
  Load();
}

bool BadDisk::Holds(const char* path) const {
  if (path == nullptr || strncmp(path, folder_.c_str(), folder_.size()) != 0) return false;
  return path[folder_.size()] == '/' || path[folder_.size()] == '\0';
}

int BadDisk::Ask(const char* what, const std::string& path, uint64_t* bytes) {
  ++changes_;
  bool strikes = fault_ != Fault::kNone && changes_ >= at_;
  if (strikes && !struck_) {
    struck_ = true;
    room_ = Random() % kRoom;
    std::ofstream(state_ + ".struck", std::ios::app)
        << changes_ << " " << what << " " << path << "\n";
  }
  if (strikes && fault_ == Fault::kPower) LosePower();
  if (strikes && (fault_ == Fault::kPower || fault_ == Fault::kKill)) {
    Save();
    while (true) kill(getpid(), SIGKILL);
  }
  if (strikes && (fault_ == Fault::kError || (fault_ == Fault::kOnce && changes_ == at_)))
    return EIO;
  if (strikes && fault_ == Fault::kFull) {
    if (room_ == 0) return ENOSPC;
    if (bytes != nullptr) room_ -= * bytes = std::min(*bytes, room_);
  }
  if (bytes != nullptr && *bytes > 1 && Random() % 64 == 0) *bytes -= Random() % *bytes;
  return 0;
}

void BadDisk::Opened(int fd, const std::string& path, bool made, bool emptied) {
  if (fd < 0 || fd >= kDescriptors) return;
  paths_[fd] = path;
  is_ours_[fd] = true;
  if (made) changes_of_folders_.push_back({Change::Kind::kMade, path, "", ""});
  std::error_code error;
  if (made || emptied) {
    files_[path] = File();
  } else if (fs::is_regular_file(path, error)) {
    // What it held before anybody here wrote to it is durable.
    uint64_t size = fs::file_size(path, error);
    files_.try_emplace(path, File{size, size});
  }
}

void BadDisk::Closed(int fd) {
  is_ours_[fd] = false;
  paths_.erase(fd);
}

void BadDisk::Wrote(const std::string& path, uint64_t end) {
  File& file = files_[path];
  file.written = std::max(file.written, end);
}

void BadDisk::Cut(const std::string& path, uint64_t size) {
  auto file = files_.find(path);
  if (file == files_.end()) return;
  file->second.written = std::min(file->second.written, size);
  file->second.synced = std::min(file->second.synced, size);
}

void BadDisk::Synced(const std::string& path) {
  if (fs::is_directory(path)) {
    std::erase_if(changes_of_folders_, [&](const Change& change) {
      if (FolderOf(change.path) != path) return false;
      if (!change.aside.empty()) {
        files_.erase(change.aside);
        fs::remove(change.aside);
      }
      return true;
    });
  } else if (auto file = files_.find(path); file != files_.end()) {
    file->second.synced = file->second.written;
  }
}

std::string BadDisk::PutAside(const std::string& path) {
  if (!fs::is_regular_file(path)) return "";
  std::string name = aside() + "/" + std::to_string(++put_aside_) + "-" + std::to_string(getpid());
  fs::create_hard_link(path, name);
  Move(path, name);
  return name;
}

void BadDisk::Renamed(const std::string& from, const std::string& to, const std::string& replaced) {
  Move(from, to);
  changes_of_folders_.push_back({Change::Kind::kRenamed, from, to, replaced});
}

void BadDisk::Removed(const std::string& path, const std::string& aside) {
  changes_of_folders_.push_back({Change::Kind::kRemoved, path, "", aside});
}

void BadDisk::TakeBack(const std::string& path, const std::string& aside) {
  if (aside.empty()) return;
  Move(aside, path);
  fs::remove(aside);
}

void BadDisk::Save() {
  std::ofstream out(state_, std::ios::trunc);
  for (const auto& [path, file] : files_) {
    if (file.written > file.synced)
      out << "f\t" << path << "\t" << file.written << "\t" << file.synced << "\n";
  }
  for (const Change& change : changes_of_folders_) {
    out << "c\t" << static_cast<int>(change.kind) << "\t" << change.path << "\t" << change.to
        << "\t" << change.aside << "\n";
  }
}

void BadDisk::Move(const std::string& from, const std::string& to) {
  files_.erase(to);
  auto moved = files_.extract(from);
  if (moved.empty()) return;
  moved.key() = to;
  files_.insert(std::move(moved));
}

// No other change is under way: all are made under the lock.
void BadDisk::LosePower() {
  std::map<std::string, std::vector<Change>> by_folder;
  for (Change& change : changes_of_folders_)
    by_folder[FolderOf(change.path)].push_back(std::move(change));
  for (auto& [folder, changes] : by_folder) {
    size_t kept = Random() % (changes.size() + 1);
    for (size_t i = changes.size(); i > kept; --i) Undo(changes[i - 1]);
  }
  changes_of_folders_.clear();
  std::error_code error;
  for (const auto& [path, file] : files_) {
    if (file.written <= file.synced) continue;
    fs::resize_file(path, file.synced + Random() % (file.written - file.synced + 1), error);
  }
  files_.clear();
  fs::remove_all(aside(), error);
}

void BadDisk::Undo(const Change& change) {
  std::error_code error;
  switch (change.kind) {
    case Change::Kind::kMade:
      fs::remove(change.path, error);
      files_.erase(change.path);
      break;
    case Change::Kind::kRenamed:
      fs::rename(change.to, change.path, error);
      Move(change.to, change.path);
      PutBack(change.aside, change.to);
      break;
    case Change::Kind::kRemoved: PutBack(change.aside, change.path); break;
  }
}

void BadDisk::PutBack(const std::string& aside, const std::string& path) {
  if (aside.empty()) return;
  std::error_code error;
  fs::rename(aside, path, error);
  Move(aside, path);
}

void BadDisk::Load() {
  std::ifstream in(state_);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> words(1);
    for (char c : line) {
      if (c == '\t') {
        words.emplace_back();
      } else {
        words.back().push_back(c);
      }
    }
    if (words[0] == "f") files_[words[1]] = {std::stoull(words[2]), std::stoull(words[3])};
    if (words[0] == "c") {
      changes_of_folders_.push_back(
          {static_cast<Change::Kind>(std::stoi(words[1])), words[2], words[3], words[4]});
    }
  }
}

uint64_t BadDisk::Random() {
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  return random_ >> 33;
}

void BadDisk::Linked(const std::string& path) {
  changes_of_folders_.push_back({Change::Kind::kMade, path, "", ""});
}

bool BadDisk::IsOurs(int fd) const { return fd >= 0 && fd < kDescriptors && is_ours_[fd]; }

}  // namespace forewarn
