#include "tests/integration/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

extern char** environ;

namespace forewarn {
namespace {

// The child's standard output goes to `out`, or where ours goes when it is negative.
int Start(const std::vector<std::string>& arguments, int out) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  pid_t pid = -1;
  int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << arguments[0];
  return error == 0 ? pid : -1;
}

}  // namespace

Child::Child(std::vector<std::string> arguments) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  pid_ = Start(arguments, ends[1]);
  close(ends[1]);
  out_ = ends[0];
}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(pid_, &status, 0);
  }
  close(out_);
}

std::string Child::ReadLine() {
  size_t end = std::string::npos;
  while ((end = read_.find('\n')) == std::string::npos) {
    pollfd wait = {out_, POLLIN, 0};
    char bytes[4096];
    ssize_t size = poll(&wait, 1, 20'000) == 1 ? read(out_, bytes, sizeof(bytes)) : 0;
    if (size <= 0) return "";
    read_.append(bytes, static_cast<size_t>(size));
  }
  std::string line = read_.substr(0, end);
  read_.erase(0, end + 1);
  return line;
}

int64_t Child::ReadPort() {
  std::string line = ReadLine();
  size_t colon = line.rfind(':');
  EXPECT_TRUE(line.starts_with("listening on ") && colon != std::string::npos) << line;
  return colon == std::string::npos ? 0 : std::atoi(line.c_str() + colon + 1);
}

bool RunProgram(const std::vector<std::string>& arguments) {
  int status = 0;
  int pid = Start(arguments, -1);
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace forewarn
