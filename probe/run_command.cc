#include "probe/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/clock.h"
#include "probe/parse.h"
#include "probe/reading.h"

extern char** environ;

namespace forewarn {
namespace {

constexpr size_t kLineMax = 1024;

StatusOr<pid_t> Start(const std::vector<std::string>& command, int output_fd) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output_fd, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own, and the signals as a program expects them: we block and ignore some.
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  int error =
      posix_spawn(&pid, command[0].c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return NotFound(fmt::format("{}: {}", command[0], std::system_category().message(error)));
  }
  return pid;
}

}  // namespace

StatusOr<CommandOutcome> RunCommand(const std::vector<std::string>& command, Duration timeout,
                                    size_t output_max) {
  if (command.empty()) return InvalidArgument("the command is empty");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return Internal("pipe: " + std::system_category().message(errno));
  StatusOr<pid_t> pid = Start(command, ends[1]);
  close(ends[1]);
  if (!pid.ok()) {
    close(ends[0]);
    return pid.status();
  }

  CommandOutcome outcome;
  SystemClock clock;
  Duration deadline = clock.Monotonic() + timeout;
  int state = 0;
  bool exited = false;
  bool open = true;
  char buffer[4096];
  // Until it has exited: a child that it left behind may hold the pipe open for ever. While the
  // pipe is open we look at it, and at the process every 20 ms.
  while (!exited && clock.Monotonic() < deadline) {
    int patience =
        static_cast<int>(std::min<int64_t>(20, (deadline - clock.Monotonic()).count() + 1));
    pollfd one{open ? ends[0] : -1, POLLIN, 0};  // -1: poll() only waits
    if (poll(&one, 1, patience) > 0) {
      ssize_t n = read(ends[0], buffer, sizeof buffer);
      if (n <= 0) open = false;
      size_t room = output_max - outcome.output.size();
      if (n > 0) outcome.output.append(buffer, std::min(static_cast<size_t>(n), room));
      if (n > 0) continue;
    }
    // Looked at but not taken: until it is, nobody else can get its number, which is also the
    // group's.
    siginfo_t info{};
    exited = waitid(P_PID, static_cast<id_t>(*pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
             info.si_pid == *pid;
  }
  outcome.timed_out = !exited;
  kill(-*pid, SIGKILL);
  waitpid(*pid, &state, 0);
  // What it had written before it ended.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  for (ssize_t n; open && (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    size_t room = output_max - outcome.output.size();
    outcome.output.append(buffer, std::min(static_cast<size_t>(n), room));
    if (room == 0) break;
  }
  close(ends[0]);
  outcome.exit_code = WIFEXITED(state) && !outcome.timed_out ? WEXITSTATUS(state) : -1;
  outcome.signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
  return outcome;
}

std::string FirstLine(const std::string& output) {
  std::string_view rest = output;
  std::string_view line;
  while (NextLine(rest, line)) {
    size_t from = line.find_first_not_of(" \t\r");
    if (from == std::string_view::npos) continue;
    std::string text = ValidUtf8(line.substr(from, kLineMax));
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
    return text;
  }
  return "";
}

}  // namespace forewarn
