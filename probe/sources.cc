#include "probe/sources.h"

#include <fmt/format.h>

#include <string>

#include "probe/checks.h"
#include "probe/facts.h"
#include "probe/logs.h"
#include "probe/version.h"

namespace forewarn {

StatusOr<std::unique_ptr<Redactor>> RedactorOf(const RedactionSettings& settings, std::string key) {
  RedactionOptions redaction;
  redaction.standard = settings.standard;
  redaction.messages = settings.log_messages;
  for (const RedactionPattern& pattern : settings.patterns) {
    redaction.rules.push_back({pattern.name, pattern.pattern});
  }
  auto any_of = [](const std::vector<std::string>& expressions) {
    // An empty list lets nothing pass.
    return NameFilter::Make(fmt::format("{}", fmt::join(expressions, "|")),
                            expressions.empty() ? ".*" : "");
  };
  FW_ASSIGN_OR_RETURN(redaction.series, any_of(settings.series_allow));
  FW_ASSIGN_OR_RETURN(redaction.facts, any_of(settings.facts_allow));
  redaction.key = std::move(key);
  return Redactor::Make(std::move(redaction));
}

StatusOr<std::vector<std::unique_ptr<Source>>> SourcesOf(const ProbeSettings& settings,
                                                         const Redactor& redactor,
                                                         const Clock& clock) {
  std::vector<std::unique_ptr<Source>> sources;
  const SourceSettings& wanted = settings.sources;
  const std::string root;
  if (wanted.cpu) sources.push_back(MakeCpuSource(root));
  if (wanted.memory) {
    sources.push_back(MakeMemorySource(root));
    sources.push_back(MakeVmstatSource(root));
  }
  if (wanted.filesystems) {
    FilesystemOptions options;
    const FilesystemSettings& from = settings.filesystems;
    FW_ASSIGN_OR_RETURN(options.mount_points,
                        NameFilter::Make(from.mount_points_include, from.mount_points_exclude));
    FW_ASSIGN_OR_RETURN(options.types, NameFilter::Make(from.types_include, from.types_exclude));
    options.patience = from.timeout;
    sources.push_back(MakeFilesystemSource(root, std::move(options)));
  }
  if (wanted.disks) {
    FW_ASSIGN_OR_RETURN(NameFilter devices, NameFilter::Make("", settings.devices.disks_exclude));
    sources.push_back(MakeDiskstatsSource(root, std::move(devices)));
  }
  if (wanted.network) {
    FW_ASSIGN_OR_RETURN(NameFilter devices, NameFilter::Make("", settings.devices.network_exclude));
    sources.push_back(MakeNetdevSource(root, std::move(devices)));
  }
  if (wanted.pressure) sources.push_back(MakePressureSource(root));
  if (wanted.load) sources.push_back(MakeLoadSource(root));
  if (wanted.file_handles) sources.push_back(MakeFilefdSource(root));
  if (wanted.uptime) {
    sources.push_back(MakeStatSource(root));
    sources.push_back(MakeTimeSource());
    sources.push_back(MakeUnameSource());
  }
  if (!settings.quotas.empty()) {
    std::vector<Quota> quotas;
    for (const QuotaSettings& quota : settings.quotas)
      quotas.push_back({quota.path, quota.capacity});
    sources.push_back(MakeQuotaSource(std::move(quotas)));
  }
  if (!settings.checks.empty()) {
    std::vector<CheckPlan> plans;
    for (const CheckSettings& check : settings.checks) {
      CheckPlan plan{check.name, check.interval, nullptr};
      plan.runner = check.url.empty()
                        ? MakeCommandCheck(check.command, check.timeout)
                        : MakeHttpCheck({check.url, static_cast<long>(check.expected_status),
                                         check.expected_body, check.ca_file, check.timeout});
      plans.push_back(std::move(plan));
    }
    sources.push_back(MakeCheckSource(std::move(plans), clock));
  }
  if (!settings.logs.empty()) {
    LogSourceOptions options;
    options.state_file = settings.state_dir + "/logs.json";
    for (const LogSettings& from : settings.logs) {
      LogOptions log;
      log.path = from.path;
      for (const SeverityPattern& rule : from.severities)
        log.severities.push_back({rule.severity, rule.pattern});
      log.code = from.code;
      log.line_max = static_cast<size_t>(from.line_size);
      log.from_start = from.from_start;
      options.logs.push_back(std::move(log));
    }
    FW_ASSIGN_OR_RETURN(std::unique_ptr<Source> logs, MakeLogSource(std::move(options), redactor));
    sources.push_back(std::move(logs));
  }
  FactOptions facts;
  facts.state_file = settings.state_dir + "/facts.json";
  facts.version = kProbeVersion;
  facts.host = settings.facts.host;
  facts.interval = settings.facts.interval;
  for (const FactSourceSettings& extra : settings.facts.extra) {
    facts.extra.push_back({extra.name, extra.file, extra.command});
  }
  sources.push_back(MakeFactSource(std::move(facts)));
  return sources;
}

}  // namespace forewarn
