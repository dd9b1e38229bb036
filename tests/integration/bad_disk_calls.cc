// A disk that fails, fills up or loses its power, below a whole program: a shared library that the program is started
// with (LD_PRELOAD), and that takes the calls of the C library which change files below one folder. The program is the
// one that ships. For programs that write by appending, as RocksDB and WriteFileAtomically() do.
//
// The environment says what happens:
//   FW_BAD_DISK_FOLDER  the folder, an absolute path
//   FW_BAD_DISK_STATE   a file beside it: what was not synced when the process ended, for the next process. The folder
//                       of that name and .aside keeps files whose removal is not durable yet. What struck is told at
//                       the end of the file of that name and .struck.
//   FW_BAD_DISK_FAULT   error  the n-th change fails with EIO, and all after it
//                       once   the n-th change fails with EIO, and no other
//                       full   from the n-th change on there is room for 64 KiB at most
//                       kill   the process is killed before the n-th change
//                       power  the same, and what was not synced is lost: of each file all after its last sync but for a
//                              torn piece, and of what was made, renamed and removed since a folder's last sync all but
//                              the first few
//   FW_BAD_DISK_AT      n; 0: nothing happens, and the state is kept for the next process all the same
//   FW_BAD_DISK_SEED    decides what is left, and which writes are cut short, as the system may do at any time
//
// A sync is remembered and not done: the loss of power is ours too. A new folder is taken to be durable. Calls are
// made to the kernel directly, since the allocator opens files before the C library could be asked for its functions.

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>

#include "tests/integration/bad_disk.h"

namespace {

using forewarn::BadDisk;

std::string Normal(const char* path) {
  return std::filesystem::path(path).lexically_normal().string();
}

// Never destroyed. Null until the library is loaded, and for ever where no folder is named.
std::atomic<BadDisk*> disk = nullptr;
// Calls that we make ourselves while we answer one.
thread_local bool inside = false;

class Turn {
 public:
  explicit Turn(BadDisk& disk) : lock_(disk.mutex()) { inside = true; }
  ~Turn() { inside = false; }

 private:
  std::lock_guard<std::mutex> lock_;
};

BadDisk* DiskOf(const char* path) {
  BadDisk* here = inside ? nullptr : disk.load();
  return here != nullptr && here->Holds(path) ? here : nullptr;
}
BadDisk* DiskOf(int fd) {
  BadDisk* here = inside ? nullptr : disk.load();
  return here != nullptr && here->IsOurs(fd) ? here : nullptr;
}

int Fail(int error) {
  errno = error;
  return -1;
}

int Open(int folder, const char* path, int flags, mode_t mode) {
  auto open = [&] { return static_cast<int>(syscall(SYS_openat, folder, path, flags, mode)); };
  BadDisk* here = DiskOf(path);
  if (here == nullptr) return open();
  Turn turn(*here);
  std::string name = Normal(path);
  bool made = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  if (int error = made ? here->Ask("open", name) : 0; error != 0) return Fail(error);
  int fd = open();
  if (fd >= 0) here->Opened(fd, name, made, (flags & O_TRUNC) != 0);
  return fd;
}

ssize_t Write(int fd, const void* data, size_t size, const off_t* at) {
  auto write = [&](size_t count) {
    return at == nullptr ? syscall(SYS_write, fd, data, count)
                         : syscall(SYS_pwrite64, fd, data, count, *at);
  };
  BadDisk* here = DiskOf(fd);
  if (here == nullptr) return write(size);
  Turn turn(*here);
  uint64_t bytes = size;
  if (int error = here->Ask("write", here->PathOf(fd), &bytes); error != 0) return Fail(error);
  ssize_t written = write(bytes);
  if (written > 0)
    here->Wrote(here->PathOf(fd),
                static_cast<uint64_t>(at == nullptr ? lseek(fd, 0, SEEK_CUR) : *at + written));
  return written;
}

int Sync(const char* what, int fd, long call) {
  BadDisk* here = DiskOf(fd);
  if (here == nullptr) return static_cast<int>(syscall(call, fd));
  Turn turn(*here);
  if (int error = here->Ask(what, here->PathOf(fd)); error != 0 && !here->is_full())
    return Fail(error);
  here->Synced(here->PathOf(fd));
  return 0;
}

void Save() {
  if (BadDisk* here = inside ? nullptr : disk.load(); here != nullptr) {
    Turn turn(*here);
    here->Save();
  }
}

__attribute__((constructor)) void Begin() {
  const char* folder = getenv("FW_BAD_DISK_FOLDER");
  if (folder != nullptr) disk = new forewarn::BadDisk(folder);
}
__attribute__((destructor)) void End() { Save(); }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return Open(AT_FDCWD, path, flags, mode);
}
int __open_2(const char* path, int flags) { return Open(AT_FDCWD, path, flags, 0); }

int mkostemp(char* path, int flags) {
  char* end = path + strlen(path) - 6;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (int i = 0; i < 6; ++i) end[i] = static_cast<char>('a' + (now.tv_nsec >> (4 * i)) % 16);
    int fd = Open(AT_FDCWD, path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return Fail(EEXIST);
}

int close(int fd) {
  BadDisk* here = DiskOf(fd);
  if (here == nullptr) return static_cast<int>(syscall(SYS_close, fd));
  Turn turn(*here);
  here->Closed(fd);
  return static_cast<int>(syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* data, size_t size) { return Write(fd, data, size, nullptr); }
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return Write(fd, data, size, &at);
}

int fsync(int fd) { return Sync("fsync", fd, SYS_fsync); }
int fdatasync(int fd) { return Sync("fdatasync", fd, SYS_fdatasync); }

// A hint that writing may begin, and no promise.
int sync_file_range(int fd, off_t from, off_t size, unsigned flags) {
  BadDisk* here = DiskOf(fd);
  if (here == nullptr) return static_cast<int>(syscall(SYS_sync_file_range, fd, from, size, flags));
  Turn turn(*here);
  int error = here->Ask("sync_file_range", here->PathOf(fd));
  return error == 0 || here->is_full() ? 0 : Fail(error);
}

int fallocate(int fd, int mode, off_t from, off_t size) {
  if (BadDisk* here = DiskOf(fd); here != nullptr) {
    Turn turn(*here);
    if (int error = here->Ask("fallocate", here->PathOf(fd)); error != 0) return Fail(error);
  }
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, from, size));
}

int ftruncate(int fd, off_t size) noexcept {
  BadDisk* here = DiskOf(fd);
  if (here == nullptr) return static_cast<int>(syscall(SYS_ftruncate, fd, size));
  Turn turn(*here);
  if (int error = here->Ask("ftruncate", here->PathOf(fd)); error != 0 && !here->is_full())
    return Fail(error);
  here->Cut(here->PathOf(fd), static_cast<uint64_t>(size));
  return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}

int rename(const char* from, const char* to) noexcept {
  BadDisk* here = DiskOf(to);
  if (here == nullptr) return static_cast<int>(syscall(SYS_rename, from, to));
  Turn turn(*here);
  std::string old_name = Normal(from), new_name = Normal(to);
  if (int error = here->Ask("rename", new_name); error != 0) return Fail(error);
  std::string replaced = here->PutAside(new_name);
  if (syscall(SYS_rename, from, to) != 0) {
    int error = errno;
    here->TakeBack(new_name, replaced);
    return Fail(error);
  }
  here->Renamed(old_name, new_name, replaced);
  return 0;
}

int link(const char* from, const char* to) noexcept {
  BadDisk* here = DiskOf(to);
  if (here == nullptr) return static_cast<int>(syscall(SYS_link, from, to));
  Turn turn(*here);
  if (int error = here->Ask("link", Normal(to)); error != 0) return Fail(error);
  int done = static_cast<int>(syscall(SYS_link, from, to));
  if (done == 0) here->Linked(Normal(to));
  return done;
}

int unlink(const char* path) noexcept {
  BadDisk* here = DiskOf(path);
  if (here == nullptr) return static_cast<int>(syscall(SYS_unlink, path));
  Turn turn(*here);
  std::string name = Normal(path);
  if (int error = here->Ask("unlink", name); error != 0 && !here->is_full()) return Fail(error);
  std::string aside = here->PutAside(name);
  if (syscall(SYS_unlink, path) != 0) {
    int error = errno;
    here->TakeBack(name, aside);
    return Fail(error);
  }
  here->Removed(name, aside);
  return 0;
}

// The ways to end that leave out the destructor above.
void _exit(int code) {
  Save();
  while (true) syscall(SYS_exit_group, code);
}
void _Exit(int code) noexcept { _exit(code); }
void abort() noexcept {
  Save();
  raise(SIGABRT);
  signal(SIGABRT, SIG_DFL);
  while (true) raise(SIGABRT);
}
void __assert_fail(const char* expression, const char* file, unsigned line,
                   const char* function) noexcept {
  fprintf(stderr, "%s:%u: %s: assertion failed: %s\n", file, line, function, expression);
  abort();
}
}
