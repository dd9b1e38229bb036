// forewarn-probe run | preview | enrol | status. Exit codes: 0 done or healthy, 1 failed or not healthy, 2
// wrong usage or settings.
#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/units.h"
#include "config/command_line.h"
#include "config/probe_settings.h"
#include "probe/app.h"
#include "probe/enrol.h"
#include "probe/preview.h"
#include "probe/sources.h"
#include "probe/state_files.h"
#include "probe/status_text.h"
#include "probe/version.h"

namespace forewarn {
namespace {

constexpr char kDefaultConfig[] = "/etc/forewarn/probe.yaml";

int Complain(const Status& status, int code) {
  fmt::print(stderr, "forewarn-probe: {}\n", status.message());
  return code;
}

struct RunArguments {
  std::string config = kDefaultConfig;
  bool check_config = false;
  bool print_default_config = false;
};

int Run(const RunArguments& arguments) {
  if (arguments.print_default_config) {
    fmt::print("{}", ProbeSettingsExample());
    return 0;
  }
  StatusOr<ProbeSettings> settings = LoadProbeSettings(arguments.config);
  if (!settings.ok()) return Complain(settings.status(), 2);
  if (arguments.check_config) {
    fmt::print("{}: good\n", arguments.config);
    return 0;
  }
  LogLevel level = LogLevel::kInfo;
  ParseLogLevel(settings->log_level, level);
  SetUpLog(level);

  // Before any thread starts, so that all of them leave the signals to the descriptor.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  int stop_fd = signalfd(-1, &signals, SFD_CLOEXEC);

  // One heap for all threads: gRPC's are many and idle, and each would keep one of its own.
  mallopt(M_ARENA_MAX, 1);

  SystemClock clock;
  StatusOr<std::unique_ptr<App>> app = App::Open(*settings, clock);
  if (!app.ok()) return Complain(app.status(), 1);
  (*app)->Run(stop_fd);
  close(stop_fd);
  return 0;
}

int PreviewCommand(const std::string& config) {
  StatusOr<ProbeSettings> settings = LoadProbeSettings(config);
  if (!settings.ok()) return Complain(settings.status(), 2);
  SystemClock clock;
  // With a key of its own: the probe's may not be ours to read, and a new one not ours to make.
  StatusOr<std::unique_ptr<Redactor>> redactor = RedactorOf(settings->redaction, RandomHex(32));
  if (!redactor.ok()) return Complain(redactor.status(), 1);
  StatusOr<std::vector<std::unique_ptr<Source>>> sources = SourcesOf(*settings, **redactor, clock);
  if (!sources.ok()) return Complain(sources.status(), 1);
  fmt::print("{}", Preview(*sources, **redactor, clock.Now()));
  return 0;
}

int EnrolCommand(const EnrolOptions& given, const std::string& host) {
  EnrolOptions options = given;
  options.host = HostName(host);
  SystemClock clock;
  std::unique_ptr<EnrolmentCalls> calls = MakeGrpcEnrolmentCalls();
  StatusOr<ProbeIdentityFile> identity = Enrol(options, *calls, clock);
  if (!identity.ok()) return Complain(identity.status(), 1);
  fmt::print("enrolled as probe {} of {}/{}\n", identity->probe, identity->customer,
             identity->installation);
  return 0;
}

int StatusCommand(const std::string& state_dir, const std::string& output) {
  StatusOr<ProbeStatus> status = LoadStatus(state_dir);
  if (!status.ok()) return Complain(status.status(), 1);
  Timestamp now = SystemClock().Now();
  fmt::print("{}", output == "json" ? StatusJson(*status) : StatusText(*status, now));
  return StatusIsGood(*status, now) ? 0 : 1;
}

int Main(int argc, char** argv) {
  CLI::App cli("The agent that tells Forewarn's collector how this host and its products are.",
               "forewarn-probe");
  cli.set_version_flag("--version", std::string("forewarn-probe ") + kProbeVersion);
  cli.require_subcommand(1);
  const std::string default_state_dir = ProbeSettings().state_dir;

  RunArguments run;
  CLI::App* run_command =
      cli.add_subcommand("run", "Read this host in rounds and push what was read");
  run_command->add_option("--config", run.config, "The settings")->capture_default_str();
  run_command->add_flag("--check-config", run.check_config,
                        "List every mistake in the settings and stop");
  run_command->add_flag("--print-default-config", run.print_default_config,
                        "Print a file with every setting, its default and its meaning, and stop");

  std::string preview_config = kDefaultConfig;
  CLI::App* preview_command = cli.add_subcommand(
      "preview", "Print what one round would send, after redaction, and send nothing");
  preview_command->add_option("--config", preview_config, "The settings")->capture_default_str();

  EnrolOptions enrol;
  enrol.state_dir = default_state_dir;
  std::string host;
  CLI::App* enrol_command =
      cli.add_subcommand("enrol", "Exchange a one-time token for this probe's certificate");
  enrol_command->add_option("--collector", enrol.collector.collector, "host:port")->required();
  enrol_command->add_option("--token-file", enrol.token_file, "The file with the token")
      ->required();
  enrol_command->add_option("--state-dir", enrol.state_dir, "Where the identity is kept")
      ->capture_default_str();
  enrol_command->add_option(
      "--server-name", enrol.collector.server_name,
      "The name in the collector's certificate, when it is not the host of --collector");
  enrol_command->add_option("--host", host, "This host's name, when it is not the kernel's");
  enrol_command->add_flag("--force", enrol.force,
                          "Become a new probe although this one is enrolled");

  std::string state_dir = default_state_dir;
  std::string output = "text";
  CLI::App* status_command = cli.add_subcommand(
      "status", "Tell how the running probe is; exits with 1 when it is not well");
  status_command->add_option("--state-dir", state_dir, "The running probe's")
      ->capture_default_str();
  status_command->add_option("--output", output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return cli.exit(error);  // --help and --version
    std::string left_over = LeftOver(cli);
    if (left_over.empty()) return cli.exit(error) == 0 ? 0 : 2;
    fmt::print(stderr, "forewarn-probe: {}\nRun with --help for more information.\n", left_over);
    return 2;
  }
  if (*run_command) return Run(run);
  if (*preview_command) return PreviewCommand(preview_config);
  if (*enrol_command) return EnrolCommand(enrol, host);
  return StatusCommand(state_dir, output);
}

}  // namespace
}  // namespace forewarn

int main(int argc, char** argv) { return forewarn::Main(argc, argv); }
