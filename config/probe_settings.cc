#include "config/probe_settings.h"

#include <set>

#include "base/file.h"
#include "config/schema.h"
#include "config/schema_manual.h"

namespace forewarn {
namespace {

constexpr int64_t kKiB = 1 << 10;
constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kTiB = int64_t{1} << 40;
constexpr Duration kDay = 24h;

const Schema<SpoolSettings>& SpoolSchema() {
  static const Schema<SpoolSettings> schema = {
      Size("max_size", &SpoolSettings::max_size, kMiB, kTiB,
           "Disk space for what the collector has not acknowledged yet. Beyond it the oldest "
           "samples go first, and the "
           "loss is declared."),
      DurationSetting("max_age", &SpoolSettings::max_age, 1min, 365 * kDay,
                      "How long unacknowledged telemetry is kept. Shorter than the collector's "
                      "limits.accepted_age."),
  };
  return schema;
}

const Schema<SourceSettings>& SourceSchema() {
  static const Schema<SourceSettings> schema = {
      Flag("cpu", &SourceSettings::cpu, "Processor time by mode."),
      Flag("memory", &SourceSettings::memory, "Memory and swap."),
      Flag("filesystems", &SourceSettings::filesystems,
           "Size and free space and inodes of file systems."),
      Flag("disks", &SourceSettings::disks, "Reads, writes and waiting times of block devices."),
      Flag("network", &SourceSettings::network, "Traffic, errors and drops of network interfaces."),
      Flag("pressure", &SourceSettings::pressure,
           "Time lost waiting for processor, memory and disks (PSI)."),
      Flag("load", &SourceSettings::load, "Load averages."),
      Flag("file_handles", &SourceSettings::file_handles, "Open files and their limit."),
      Flag("uptime", &SourceSettings::uptime, "Boot time and the clock."),
  };
  return schema;
}

const Schema<FilesystemSettings>& FilesystemSchema() {
  static const Schema<FilesystemSettings> schema = {
      Text("mount_points_include", &FilesystemSettings::mount_points_include, RegexKind(),
           "Mount points to report. Not set: all."),
      Text("mount_points_exclude", &FilesystemSettings::mount_points_exclude, RegexKind(),
           "Mount points to leave out."),
      Text("types_include", &FilesystemSettings::types_include, RegexKind(),
           "File system types to report. Not set: all."),
      Text("types_exclude", &FilesystemSettings::types_exclude, RegexKind(),
           "File system types to leave out."),
      DurationSetting(
          "timeout", &FilesystemSettings::timeout, 100ms, 1min,
          "How long one file system may take to answer before it is reported as hanging."),
  };
  return schema;
}

const Schema<DeviceSettings>& DeviceSchema() {
  static const Schema<DeviceSettings> schema = {
      Text("disks_exclude", &DeviceSettings::disks_exclude, RegexKind(),
           "Block devices to leave out."),
      Text("network_exclude", &DeviceSettings::network_exclude, RegexKind(),
           "Network interfaces to leave out. Not set: none."),
  };
  return schema;
}

const Schema<QuotaSettings>& QuotaSchema() {
  static const Schema<QuotaSettings> schema = {
      Required(Path("path", &QuotaSettings::path, "The folder."), "/srv/data"),
      Required(Size("capacity", &QuotaSettings::capacity, kKiB, 1024 * kTiB, "What it may hold."),
               "100GiB"),
  };
  return schema;
}

const Schema<SeverityPattern>& SeverityPatternSchema() {
  static const Schema<SeverityPattern> schema = {
      Required(Enumeration("severity", &SeverityPattern::severity,
                           {{"info", Severity::kInfo},
                            {"warning", Severity::kWarning},
                            {"error", Severity::kError},
                            {"critical", Severity::kCritical}},
                           "Severity of the event."),
               "error"),
      Required(Text("pattern", &SeverityPattern::pattern, RegexKind(),
                    "Looked for anywhere in the line."),
               "'ERROR'"),
  };
  return schema;
}

const Schema<LogSettings>& LogSchema() {
  static const Schema<LogSettings> schema = {
      Required(Path("path", &LogSettings::path,
                    "The file; `*`, `?` and `[]` match several, also later ones."),
               "/var/log/app/*.log"),
      ListOf("severities", &LogSettings::severities, SeverityPatternSchema(), 32,
             "Which lines are events. The first pattern found decides; a line without any is none. "
             "Built in: the usual "
             "words for critical, error and warning."),
      Text("code", &LogSettings::code, RegexKind(),
           "Where the program's own error code stands: the first group of this pattern. Not set: "
           "no codes."),
      Size("line_size", &LogSettings::line_size, 256, kMiB, "Longer lines are cut, and counted."),
      Flag("from_start", &LogSettings::from_start,
           "Whether a file that was already there is read from its start."),
  };
  return schema;
}

// Program and arguments; the program by its path, since there is no shell to look it up.
template <typename T>
Setting<T> Command(std::vector<std::string> T::*member, std::string help) {
  return ListOf("command", member, TextKind(), 64, std::move(help));
}

template <typename T>
void CheckCommand(const T& of, const YamlNode& node, FileMistakes& mistakes) {
  const YamlNode* command = node.Find("command");
  if (command == nullptr) return;
  if (of.command.empty()) {
    mistakes.Add(*command, "'command' is empty; give the program and its arguments");
  } else if (!of.command.front().starts_with('/')) {
    mistakes.Add(command->items.front(),
                 "the program must be an absolute path, since no shell looks it up");
  }
}

const Schema<CheckSettings>& CheckSchema() {
  static const Schema<CheckSettings> schema =
      Schema<CheckSettings>{
          Required(Text("name", &CheckSettings::name, SlugKind(), "Name of the check; unique."),
                   "database"),
          Command(&CheckSettings::command,
                  "Program and arguments, without a shell. Exit code 0 is passing, 1 warning, all "
                  "else failing; the first "
                  "line of output is the message."),
          Text("url", &CheckSettings::url, UrlKind(), "What to get instead."),
          Integer("expected_status", &CheckSettings::expected_status, 100, 599,
                  "The answer's status that passes."),
          Text("expected_body", &CheckSettings::expected_body, RegexKind(),
               "Must be found in the answer's first 64 KiB. Not set: any answer will do."),
          Path("ca_file", &CheckSettings::ca_file,
               "Authorities for https, PEM. Not set: the system's."),
          DurationSetting("interval", &CheckSettings::interval, 1s, kDay,
                          "Distance between two looks."),
          DurationSetting("timeout", &CheckSettings::timeout, 100ms, 1h,
                          "After which the check is failing."),
      }
          .Also([](const CheckSettings& check, const YamlNode& node, FileMistakes& mistakes) {
            if ((node.Find("command") != nullptr) == (node.Find("url") != nullptr)) {
              mistakes.Add(node, "a check has either 'command' or 'url'");
            }
            CheckCommand(check, node, mistakes);
            for (const char* key : {"expected_status", "expected_body", "ca_file"}) {
              const YamlNode* value = node.Find(key);
              if (check.url.empty() && value != nullptr) {
                mistakes.Add(*value, std::string("'") + key + "' is for checks with 'url'");
              }
            }
            if (check.timeout > check.interval) {
              mistakes.Add(node, "'timeout' must not be above 'interval'");
            }
          });
  return schema;
}

const Schema<FactSourceSettings>& FactSourceSchema() {
  static const Schema<FactSourceSettings> schema =
      Schema<FactSourceSettings>{
          Required(Text("name", &FactSourceSettings::name,
                        TextKind("a name of letters, digits, dots, dashes and underscores",
                                 [](std::string_view name) {
                                   return name.size() <= 128 &&
                                          name.find_first_not_of(
                                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789._-") == std::string_view::npos;
                                 }),
                        "Name of the fact; unique."),
                   "product.version"),
          Path("file", &FactSourceSettings::file, "Its first line is the value."),
          Command(&FactSourceSettings::command, "The first line of its output is the value."),
      }
          .Also([](const FactSourceSettings& fact, const YamlNode& node, FileMistakes& mistakes) {
            if ((node.Find("file") != nullptr) == (node.Find("command") != nullptr)) {
              mistakes.Add(node, "a fact has either 'file' or 'command'");
            }
            CheckCommand(fact, node, mistakes);
          });
  return schema;
}

const Schema<FactSettings>& FactSchema() {
  static const Schema<FactSettings> schema = {
      Flag("host", &FactSettings::host, "Kernel, distribution, processors, memory and disks."),
      DurationSetting("interval", &FactSettings::interval, 1min, 7 * kDay,
                      "Distance between two looks."),
      ListOf("extra", &FactSettings::extra, FactSourceSchema(), 256, "Facts of your product."),
  };
  return schema;
}

const Schema<RedactionPattern>& RedactionPatternSchema() {
  static const Schema<RedactionPattern> schema = {
      Required(Text("name", &RedactionPattern::name, SlugKind(),
                    "What the pseudonym is called: `<name:…>`."),
               "account"),
      Required(Text("pattern", &RedactionPattern::pattern, RegexKind(),
                    "Looked for anywhere in the text."),
               "'acct-[0-9]+'"),
  };
  return schema;
}

const Schema<RedactionSettings>& RedactionSchema() {
  static const Schema<RedactionSettings> schema = {
      Flag("standard", &RedactionSettings::standard,
           "Replace e-mail addresses, credentials in URLs, tokens, keys and card numbers."),
      ListOf("patterns", &RedactionSettings::patterns, RedactionPatternSchema(), 256,
             "What else is replaced."),
      ListOf("series_allow", &RedactionSettings::series_allow, RegexKind(), 1024,
             "Names of series that may leave."),
      ListOf("facts_allow", &RedactionSettings::facts_allow, RegexKind(), 1024,
             "Names of facts that may leave."),
      Flag("log_messages", &RedactionSettings::log_messages,
           "Whether an event from a log carries an example line besides its template."),
      Path("key_file", &RedactionSettings::key_file,
           "Key of the pseudonyms; never leaves this host. Not set: made in state_dir."),
  };
  return schema;
}

// Names that name one thing each.
template <typename T>
void CheckUnique(const std::vector<T>& values, std::string T::*name, const char* key,
                 const YamlNode* list, FileMistakes& mistakes) {
  std::set<std::string> seen;
  for (size_t i = 0; list != nullptr && i < values.size(); ++i) {
    if (!seen.insert(values[i].*name).second) {
      mistakes.Add(list->items[i],
                   std::string("the ") + key + " '" + values[i].*name + "' is given twice");
    }
  }
}

const Schema<ProbeSettings>& ProbeSchema() {
  static const Schema<ProbeSettings> schema =
      Schema<ProbeSettings>{
          Required(
              Text("collector", &ProbeSettings::collector, HostPortKind(false), "Where to send."),
              "collector.example.com:7443"),
          Text("server_name", &ProbeSettings::server_name, HostKind(),
               "Name in the collector's certificate. Not set: the host of `collector`."),
          Path("state_dir", &ProbeSettings::state_dir, "Certificate, key and spool of the probe."),
          Text("log_level", &ProbeSettings::log_level,
               ChoiceKind({"debug", "info", "warn", "error"}),
               "The least important lines that are logged."),
          Text("host_name", &ProbeSettings::host_name, HostKind(),
               "The label `instance`. Not set: the kernel's host name."),
          DurationSetting("interval", &ProbeSettings::interval, 1s, 1h,
                          "Distance between two rounds of collection."),
          Section("spool", &ProbeSettings::spool, SpoolSchema(),
                  "What is kept while the collector cannot be reached."),
          Section("sources", &ProbeSettings::sources, SourceSchema(),
                  "Which figures of the host are collected."),
          Section("filesystems", &ProbeSettings::filesystems, FilesystemSchema(),
                  "Which file systems are reported. Patterns match the whole mount point or type."),
          Section("devices", &ProbeSettings::devices, DeviceSchema(),
                  "Which devices are reported. Patterns match the whole name."),
          ListOf("quotas", &ProbeSettings::quotas, QuotaSchema(), 256,
                 "Folders that must not grow beyond a capacity; reported as file systems of that "
                 "size."),
          ListOf("logs", &ProbeSettings::logs, LogSchema(), 256, "Log files to read."),
          ListOf("checks", &ProbeSettings::checks, CheckSchema(), 256, "Health checks to run."),
          Section("facts", &ProbeSettings::facts, FactSchema(),
                  "Inventory: what this host and its product are."),
          Section("redaction", &ProbeSettings::redaction, RedactionSchema(),
                  "What may leave this host. Applied before anything is written to the spool."),
      }
          .Also([](const ProbeSettings& probe, const YamlNode& node, FileMistakes& mistakes) {
            CheckUnique(probe.checks, &CheckSettings::name, "check", node.Find("checks"), mistakes);
            CheckUnique(probe.quotas, &QuotaSettings::path, "path", node.Find("quotas"), mistakes);
            CheckUnique(probe.logs, &LogSettings::path, "path", node.Find("logs"), mistakes);
            const YamlNode* facts = node.Find("facts");
            const YamlNode* extra = facts == nullptr ? nullptr : facts->Find("extra");
            CheckUnique(probe.facts.extra, &FactSourceSettings::name, "fact", extra, mistakes);
          });
  return schema;
}

}  // namespace

StatusOr<ProbeSettings> ParseProbeSettings(const std::string& path, std::string_view text) {
  return ParseSettings(path, text, ProbeSchema());
}

StatusOr<ProbeSettings> LoadProbeSettings(const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMiB));
  return ParseProbeSettings(path, text);
}

std::string ProbeSettingsManual() {
  return PrintManual(
      "Settings of the probe",
      "The file that `forewarn-probe run --config FILE` reads. Only `collector` is required. "
      "Durations are written with "
      "units (`15s`, `1h30m`), sizes too (`64MiB`, `4KiB`). Regular expressions are RE2.",
      kReprintReference, ProbeSchema().Describe());
}

std::string ProbeSettingsExample() {
  return PrintExample("Settings of the Forewarn probe. What is commented out is the default.",
                      ProbeSchema().Describe());
}

}  // namespace forewarn
