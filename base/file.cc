#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace forewarn {
namespace {

// What helps where the error does not say it.
std::string_view Remedy(int error) {
  switch (error) {
    case ENOSPC: return "; make room on that disk, then try again";
    case EIO: return "; check that disk, then try again";
    default: return "";
  }
}

// `reading /etc/x.yaml: No such file or directory`.
Status SystemError(std::string_view doing, const std::string& path, int error) {
  std::string message =
      fmt::format("{} {}: {}{}", doing, path,
                  std::error_code(error, std::generic_category()).message(), Remedy(error));
  switch (error) {
    case ENOENT: return NotFound(std::move(message));
    case EEXIST: return AlreadyExists(std::move(message));
    case EACCES:
    case EPERM:
    case EROFS: return PermissionDenied(std::move(message));
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE: return ResourceExhausted(std::move(message));
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP: return FailedPrecondition(std::move(message));
    case EIO: return DataLoss(std::move(message));
    default: return Unavailable(std::move(message));
  }
}

// An open file descriptor with one owner.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // The outcome of close(2): some file systems report a failed write only then.
  bool Close() {
    int fd = fd_;
    fd_ = -1;
    return close(fd) == 0;
  }

 private:
  int fd_;
};

std::string ParentOf(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// A rename is durable only once the folder itself is synced.
Status SyncDir(const std::string& path) {
  Descriptor dir(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir.ok() || fsync(dir.get()) != 0) return SystemError("syncing the folder", path, errno);
  return OkStatus();
}

}  // namespace

StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return SystemError("reading", path, errno);
  std::string content;
  // Sizes are not asked for in advance: files in /proc have none, and a log may grow while it is
  // read.
  char buffer[65536];
  while (true) {
    ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("reading", path, errno);
    if (got == 0) return content;
    if (content.size() + static_cast<size_t>(got) > max_bytes) {
      return ResourceExhausted(fmt::format("reading {}: larger than {} bytes", path, max_bytes));
    }
    content.append(buffer, static_cast<size_t>(got));
  }
}

Status WriteFileAtomically(const std::string& path, std::string_view content, unsigned mode) {
  std::string beside = path + ".XXXXXX";
  Descriptor file(mkostemp(beside.data(), O_CLOEXEC));
  if (!file.ok()) return SystemError("writing", path, errno);
  bool written = fchmod(file.get(), mode) == 0 && WriteAll(file.get(), content) &&
                 fsync(file.get()) == 0 && file.Close() &&
                 rename(beside.c_str(), path.c_str()) == 0;
  if (!written) {
    int error = errno;
    unlink(beside.c_str());
    return SystemError("writing", path, error);
  }
  return SyncDir(ParentOf(path));
}

Status MakeDirs(const std::string& path, unsigned mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), mode) != 0) {
      int error = errno;
      // A parent may exist and yet refuse a mkdir with EROFS or EACCES; what counts is that it is
      // there.
      struct stat found {};
      if (stat(part.c_str(), &found) != 0) return SystemError("making the folder", part, error);
      if (!S_ISDIR(found.st_mode)) return SystemError("making the folder", part, ENOTDIR);
    }
    if (end == std::string::npos) return OkStatus();
  }
}

StatusOr<std::vector<std::string>> ListDir(const std::string& path) {
  std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(path.c_str()), closedir);
  if (dir == nullptr) return SystemError("listing", path, errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* item = readdir(dir.get());
    if (item == nullptr && errno != 0) return SystemError("listing", path, errno);
    if (item == nullptr) break;
    std::string name = item->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool FileExists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

}  // namespace forewarn
