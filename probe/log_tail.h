#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace forewarn {

// An open file that is being followed. Closes with it.
class Tail {
 public:
  Tail(int fd, std::string path, std::string id, uint64_t offset)
      : path_(std::move(path)),
        id_(std::move(id)),
        offset_(offset),
        kept_offset_(offset),
        fd_(fd) {}
  ~Tail();
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  const std::string& path() const { return path_; }
  const std::string& id() const { return id_; }
  uint64_t offset() const { return offset_; }

  // What was read so far is safe, or is to be read again.
  void Keep() {
    kept_offset_ = offset_;
    kept_skipping_ = skipping_;
  }
  void Rollback() {
    offset_ = kept_offset_;
    skipping_ = kept_skipping_;
  }

  // Calls take(line, cut) for each whole line, reading at most `bytes_max`. True when the end was
  // reached.
  bool Read(size_t bytes_max, size_t line_max,
            const std::function<void(std::string_view line, bool cut)>& take);

 private:
  const std::string path_;
  const std::string id_;
  uint64_t offset_;
  bool skipping_ = false;
  // As of the last Keep().
  uint64_t kept_offset_;
  bool kept_skipping_ = false;
  const int fd_;
};

// The file itself, whatever it is called.
std::string IdOf(const struct stat& info);

// An open regular file with its identity.
struct Opened {
  int fd = -1;  // of none: errno says why
  std::string id;
  uint64_t size = 0;
};
Opened OpenFile(const std::string& path);

}  // namespace forewarn
