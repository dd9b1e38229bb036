#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace forewarn {

// A program beside the test, whose lines the test reads. It ends with the object, by its own
// process id.
class Child {
 public:
  // `arguments[0]` is the program's path. Fails the test when it cannot be started.
  explicit Child(std::vector<std::string> arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int pid() const { return pid_; }

  // The next line without its end; empty when none comes within 20 s.
  std::string ReadLine();
  // Of the first line, `listening on HOST:PORT`.
  int64_t ReadPort();

 private:
  int pid_ = -1;
  int out_ = -1;
  std::string read_;
};

// Runs a program to its end; whether it ended with 0.
bool RunProgram(const std::vector<std::string>& arguments);

}  // namespace forewarn
