#include <fmt/format.h>

#include <map>

#include "base/utf8.h"
#include "config/bundle_files.h"
#include "config/mistake.h"
#include "ctl/commands.h"
#include "ctl/unheard.h"
#include "notifier/catalogue.h"

namespace forewarn {

using v1::BundleService;
using v1::ProbeService;

namespace {

// What cannot even be sent for the collector to check.
Status CheckIsText(const std::string& dir, const std::vector<BundleFile>& files) {
  std::vector<Mistake> mistakes;
  for (const BundleFile& file : files) {
    if (std::optional<BadText> bad = FindBadUtf8(file.text)) {
      mistakes.push_back({dir + "/" + file.path, bad->line, bad->column, std::move(bad->what)});
    }
  }
  return MistakesToStatus(std::move(mistakes));
}

// `customer acme is removed; 2 probes push for it`. Empty where the customers cannot be told.
StatusOr<std::vector<std::string>> FindLeftBehind(Session& session, const Bundle& after) {
  std::vector<std::string> found;
  v1::GetBundleResponse in_force;
  FW_RETURN_IF_ERROR(session.connection->Call<BundleService>(&BundleService::Stub::GetBundle,
                                                             v1::GetBundleRequest(), in_force));
  std::vector<BundleFile> files;
  for (const v1::File& file : in_force.files()) files.push_back({file.path(), file.text()});
  StatusOr<Bundle> before = ParseBundle(std::move(files));
  if (!before.ok()) return found;  // of a collector with other rules than ours
  std::map<std::string, int> probes;
  for (const Customer& customer : before->customers) {
    if (after.FindCustomer(customer.id) == nullptr) probes[customer.id] = 0;
  }
  if (probes.empty()) return found;
  v1::ListProbesResponse all;
  FW_RETURN_IF_ERROR(session.connection->Call<ProbeService>(&ProbeService::Stub::ListProbes,
                                                            v1::ListProbesRequest(), all));
  for (const v1::ProbeInfo& probe : all.probes()) {
    auto removed = probes.find(probe.customer());
    bool pushes = probe.contact() != "retired" && probe.contact() != "lost";
    if (removed != probes.end() && pushes) ++removed->second;
  }
  for (const auto& [customer, count] : probes) {
    if (count == 0) continue;
    found.push_back(fmt::format(
        "customer {} is removed; {} for it, and nobody of theirs is warned any more; retire them "
        "(forewarnctl probes list --customer {}), or keep the customer",
        customer, count == 1 ? "1 probe pushes" : fmt::format("{} probes push", count), customer));
  }
  return found;
}

// What is worth a second look, though the collector takes it. Nothing for what it will refuse.
StatusOr<std::vector<std::string>> FindWarnings(Session& session,
                                                const std::vector<BundleFile>& files) {
  std::vector<std::string> found;
  StatusOr<Bundle> bundle = ParseBundle(files);
  if (!bundle.ok()) return found;
  RuleFiles rules = CheckRuleFiles(bundle->rule_files, {WarningNames(), &bundle->customers});
  if (!rules.status().ok()) return found;
  found = FindUnheard(*bundle, RulesThatWarn(rules));
  for (const RuleMistake& warning : rules.warnings) found.push_back(warning.ToString());
  FW_ASSIGN_OR_RETURN(std::vector<std::string> left, FindLeftBehind(session, *bundle));
  found.insert(found.end(), left.begin(), left.end());
  return found;
}

}  // namespace

Status Apply(Session& session, const std::string& dir, bool dry_run) {
  FW_ASSIGN_OR_RETURN(std::vector<BundleFile> files, ReadBundleDir(dir));
  if (files.empty())
    return InvalidArgument(dir + ": there are no files; a bundle would be emptied");
  FW_RETURN_IF_ERROR(CheckIsText(dir, files));
  FW_ASSIGN_OR_RETURN(std::vector<std::string> warnings, FindWarnings(session, files));
  v1::ApplyRequest request;
  request.set_dry_run(dry_run);
  for (BundleFile& file : files) {
    v1::File* added = request.add_files();
    added->set_path(std::move(file.path));
    added->set_text(std::move(file.text));
  }
  v1::ApplyResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<BundleService>(&BundleService::Stub::Apply, request, response));
  std::string text;
  for (const std::string& difference : response.differences()) text += Printable(difference) + "\n";
  if (!response.changed()) {
    text += fmt::format("Nothing to change: the bundle is {} already.\n", Printable(response.id()));
  } else if (dry_run) {
    text += fmt::format("Would become bundle {}. Nothing was applied.\n", Printable(response.id()));
  } else {
    text += fmt::format("Applied as bundle {}.\n", Printable(response.id()));
  }
  for (const std::string& warning : response.warnings()) warnings.push_back(Printable(warning));
  for (const std::string& warning : warnings) session.notes << "warning: " << warning << "\n";
  session.Answer(response, text);
  return OkStatus();
}

Status ShowBundle(Session& session, bool with_files) {
  v1::GetBundleResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<BundleService>(&BundleService::Stub::GetBundle,
                                                             v1::GetBundleRequest(), response));
  if (response.id().empty()) {
    session.Answer(response, "No bundle was applied yet. Apply one: forewarnctl apply -f DIR\n");
    return OkStatus();
  }
  std::string text = fmt::format("Bundle {}\n", Printable(response.id()));
  for (const v1::File& file : response.files()) {
    text += with_files
                ? fmt::format("\n# {}\n{}", Printable(file.path()), Printable(file.text(), true))
                : fmt::format("  {}  {} bytes\n", Printable(file.path()), file.text().size());
  }
  if (!with_files) {
    for (const v1::BundleApplication& one : response.applications()) {
      text += fmt::format("Applied {} by {}: {}\n", TimeText(one.at_ms()), Printable(one.actor()),
                          Printable(one.id()));
    }
  }
  session.Answer(response, text);
  return OkStatus();
}

}  // namespace forewarn
