// forewarn-collector: reads its settings, starts the collector, and stops it on SIGTERM or SIGINT.
// Exit codes: 0 done, 1 failed, 2 wrong usage or settings.

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "collector/app.h"
#include "collector/version.h"
#include "config/collector_settings.h"

// jemalloc's, which the program is linked with: what a burst of requests freed goes back to the system within
// a second or two. Without jemalloc nobody reads it.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Arguments {
  std::string config;
  bool check_config = false;
  bool print_default_config = false;
};

int Fail(const forewarn::Status& status, int code) {
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return code;
}

// The signals that end the process, held back in all threads so that one place waits for them.
sigset_t HoldSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The last words of a process that a failed check ends: one of ours, or one of RocksDB's assertions, which Debian leaves
// in, and in one of which some of its ways end after a disk has failed. Fixed before the handler is in place.
char last_words[1024];

extern "C" void SayLastWords(int /*signal*/) {
  ssize_t ignored = write(STDERR_FILENO, last_words, std::strlen(last_words));
  (void)ignored;
}

void PrepareLastWords(const std::string& data_dir) {
  std::string words = fmt::format(
      "forewarn-collector was ended by the failed check above. Nothing that was acknowledged is "
      "lost. If the disk that "
      "holds {} is full or fails, mend that; then start again. If it does not, report the lines "
      "above.\n",
      data_dir);
  words.copy(last_words, sizeof(last_words) - 1);
  std::signal(SIGABRT, SayLastWords);
}

int Run(const forewarn::CollectorSettings& settings) {
  sigset_t signals = HoldSignals();
  PrepareLastWords(settings.data_dir);
  forewarn::SystemClock clock;
  forewarn::App app(settings, clock);
  if (forewarn::Status started = app.Start(); !started.ok()) {
    app.Stop();  // first, so that the reason is the last thing that is said
    return Fail(started, kFailed);
  }
  const timespec second = {.tv_sec = 1, .tv_nsec = 0};
  while (sigtimedwait(&signals, nullptr, &second) < 0) app.Tend();
  app.Stop();
  return 0;
}

int Main(const Arguments& arguments) {
  if (arguments.print_default_config) {
    std::fputs(forewarn::CollectorSettingsExample().c_str(), stdout);
    return 0;
  }
  if (arguments.config.empty()) {
    return Fail(forewarn::InvalidArgument(
                    "--config FILE is missing; --print-default-config prints a file to start from"),
                kWrongUsage);
  }
  auto settings = forewarn::LoadCollectorSettings(arguments.config);
  if (!settings.ok()) return Fail(settings.status(), kWrongUsage);
  if (arguments.check_config) {
    std::printf("%s: good\n", arguments.config.c_str());
    return 0;
  }
  forewarn::LogLevel level = forewarn::LogLevel::kInfo;
  forewarn::ParseLogLevel(settings->log_level, level);
  forewarn::SetUpLog(level);
  return Run(*settings);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli(
      "Forewarn's collector: takes in telemetry, judges it, opens tickets and warns customers.",
      "forewarn-collector");
  Arguments arguments;
  cli.add_option("--config", arguments.config, "File with the settings.")->type_name("FILE");
  cli.add_flag("--check-config", arguments.check_config,
               "List every mistake in the settings and end.");
  cli.add_flag("--print-default-config", arguments.print_default_config,
               "Print a file with every setting, its default and its meaning.");
  cli.set_version_flag("--version", std::string("forewarn-collector ") + forewarn::kVersion);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : kWrongUsage;
  }
  return Main(arguments);
}
