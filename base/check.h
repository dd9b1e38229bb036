#pragma once

// FW_CHECK stops the process when an invariant of ours is broken. It stays on in release builds: a
// monitor that continues in a wrong state is worse than one that restarts and replays. Bad input is
// never a reason to FW_CHECK; it is a Status.

namespace forewarn {

// Prints `file:line: check failed: expression` to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression);

}  // namespace forewarn

#define FW_CHECK(condition)                                    \
  do {                                                         \
    if (!(condition)) [[unlikely]] {                           \
      ::forewarn::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                          \
  } while (false)
