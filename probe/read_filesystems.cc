#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

// The kernel writes blank, tab, newline and backslash as \040 and the like.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    auto octal = [&](size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      out.push_back(static_cast<char>(value));
      i += 3;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool HasOption(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    size_t comma = options.find(',');
    if (options.substr(0, comma) == wanted) return true;
    options.remove_prefix(comma == std::string_view::npos ? options.size() : comma + 1);
  }
  return false;
}

// One statvfs() that somebody may be waiting for, or may have given up on. Shared by the source and
// the thread that is in the call, which may outlive the source: a call on a dead NFS server does
// not return.
struct Call {
  std::mutex mutex;
  std::condition_variable finished;
  std::vector<std::string> paths;                       // fixed
  std::vector<std::pair<int, struct statvfs>> answers;  // guarded by mutex; errno first
  bool abandoned = false;                               // guarded by mutex
};

void AnswerAll(std::shared_ptr<Call> call) {
  for (const std::string& path : call->paths) {
    struct statvfs answer {};
    int error = statvfs(path.c_str(), &answer) == 0 ? 0 : errno;
    std::lock_guard lock(call->mutex);
    call->answers.emplace_back(error, answer);
    call->finished.notify_one();
    if (call->abandoned) return;
  }
}

class FilesystemSource : public Source {
 public:
  FilesystemSource(std::string root, FilesystemOptions options)
      : root_(std::move(root)), options_(std::move(options)) {}

  std::string_view name() const override { return "filesystem"; }

  Status Read(Readings& out) override {
    std::string path = root_ + "/proc/self/mountinfo";
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
    StatusOr<std::vector<Mount>> mounts = ParseMountinfo(text);
    if (!mounts.ok()) return mounts.status().With(path);

    std::erase_if(hanging_, [](const auto& item) {
      std::lock_guard lock(item.second->mutex);
      return item.second->answers.size() > 0;
    });
    std::vector<const Mount*> asked;
    for (const Mount& mount : *mounts) {
      if (!options_.mount_points.Admits(mount.mountpoint) || !options_.types.Admits(mount.fstype))
        continue;
      if (hanging_.contains(mount.mountpoint)) {
        Report(mount, nullptr, out);
      } else {
        asked.push_back(&mount);
      }
    }
    Ask(asked, out);
    return OkStatus();
  }

 private:
  // One thread asks for all mounts in turn. When one hangs, the thread is left to it and another
  // goes on with the rest, so that n hanging mounts cost n threads and n patiences, once.
  void Ask(const std::vector<const Mount*>& mounts, Readings& out) {
    size_t next = 0;
    while (next < mounts.size()) {
      auto call = std::make_shared<Call>();
      for (size_t i = next; i < mounts.size(); ++i)
        call->paths.push_back(root_ + mounts[i]->mountpoint);
      std::thread(AnswerAll, call).detach();
      std::unique_lock lock(call->mutex);
      for (size_t answered = 0; next < mounts.size(); ++answered) {
        bool in_time = call->finished.wait_for(lock, options_.patience,
                                               [&] { return call->answers.size() > answered; });
        const Mount& mount = *mounts[next++];
        if (!in_time) {
          call->abandoned = true;
          call->answers.clear();
          Report(mount, nullptr, out);
          hanging_[mount.mountpoint] = call;
          break;
        }
        auto [error, answer] = call->answers[answered];
        Report(mount, error == 0 ? &answer : nullptr, out);
      }
    }
  }

  static void Report(const Mount& mount, const struct statvfs* answer, Readings& out) {
    auto sample = [&](std::string_view name, double value) {
      out.Sample(
          name,
          {{"device", mount.device}, {"fstype", mount.fstype}, {"mountpoint", mount.mountpoint}},
          value);
    };
    sample("node_filesystem_device_error", answer == nullptr ? 1 : 0);
    sample("node_filesystem_readonly", mount.readonly ? 1 : 0);
    if (answer == nullptr) return;
    double block = static_cast<double>(answer->f_frsize);
    sample("node_filesystem_size_bytes", static_cast<double>(answer->f_blocks) * block);
    sample("node_filesystem_free_bytes", static_cast<double>(answer->f_bfree) * block);
    sample("node_filesystem_avail_bytes", static_cast<double>(answer->f_bavail) * block);
    sample("node_filesystem_files", static_cast<double>(answer->f_files));
    sample("node_filesystem_files_free", static_cast<double>(answer->f_ffree));
  }

  const std::string root_;
  const FilesystemOptions options_;

  std::map<std::string, std::shared_ptr<Call>> hanging_;  // by mount point
};

}  // namespace

// 27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
// id parent device root mountpoint options tags… - type source options
StatusOr<std::vector<Mount>> ParseMountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  bool found = false;
  std::string_view line;
  while (NextLine(text, line)) {
    std::vector<std::string_view> words = Words(line);
    auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 9 || dash - words.begin() < 6 || words.end() - dash < 4) continue;
    found = true;
    Mount mount{.device = Unescape(dash[2]),
                .mountpoint = Unescape(words[4]),
                .fstype = std::string(dash[1]),
                .readonly = HasOption(words[5], "ro") || HasOption(dash[3], "ro")};
    if (seen.emplace(mount.device, mount.mountpoint, mount.fstype).second) {
      mounts.push_back(std::move(mount));
    }
  }
  if (!found) return InvalidArgument("no line of a mount in it");
  return mounts;
}

std::unique_ptr<Source> MakeFilesystemSource(std::string root, FilesystemOptions options) {
  return std::make_unique<FilesystemSource>(std::move(root), std::move(options));
}

}  // namespace forewarn
