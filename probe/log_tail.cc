#include "probe/log_tail.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace forewarn {
namespace {

constexpr size_t kBufferSize = 64 << 10;

}  // namespace

Tail::~Tail() { close(fd_); }

bool Tail::Read(size_t bytes_max, size_t line_max,
                const std::function<void(std::string_view line, bool cut)>& take) {
  struct stat info;
  if (fstat(fd_, &info) == 0 && static_cast<uint64_t>(info.st_size) < offset_) {
    offset_ = 0;  // truncated under us
    skipping_ = false;
  }
  std::string buffer;
  size_t have = 0;  // bytes of the buffer that no line was made of yet
  size_t taken = 0;
  buffer.resize(std::max(kBufferSize, line_max + 1));
  for (;;) {
    size_t room = std::min(buffer.size() - have, bytes_max - taken);
    if (room == 0 && taken >= bytes_max) return false;
    ssize_t n = pread(fd_, buffer.data() + have, room, static_cast<off_t>(offset_ + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    taken += static_cast<size_t>(n);
    have += static_cast<size_t>(n);
    std::string_view rest(buffer.data(), have);
    size_t end;
    while ((end = rest.find('\n')) != std::string_view::npos) {
      if (!skipping_) take(rest.substr(0, std::min(end, line_max)), end > line_max);
      skipping_ = false;
      offset_ += end + 1;
      rest.remove_prefix(end + 1);
    }
    if (rest.size() > line_max) {
      // The line is too long to wait for its end: what is here counts, the rest of it is passed
      // over.
      if (!skipping_) take(rest.substr(0, line_max), true);
      skipping_ = true;
      offset_ += rest.size();
      rest = {};
    }
    have = rest.size();
    std::copy(rest.begin(), rest.end(), buffer.begin());
  }
}

std::string IdOf(const struct stat& info) { return fmt::format("{}:{}", info.st_dev, info.st_ino); }

Opened OpenFile(const std::string& path) {
  Opened opened;
  opened.fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened.fd < 0) return opened;
  struct stat info;
  if (fstat(opened.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(opened.fd);
    opened.fd = -1;
    errno = EINVAL;
    return opened;
  }
  opened.id = IdOf(info);
  opened.size = static_cast<uint64_t>(info.st_size);
  return opened;
}

}  // namespace forewarn
