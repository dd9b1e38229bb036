#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/record.h"
#include "collector/operate_service.h"
#include "collector/rpc.h"
#include "config/bundle_files.h"
#include "config/customer_retention.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/audit.h"
#include "model/ids.h"
#include "notifier/catalogue.h"
#include "rules/rule_file.h"

namespace forewarn {
namespace {

constexpr size_t kApplicationsShown = 20;

// What an operator sees before saying yes: `+ new`, `~ changed`, `- gone`, by path.
std::vector<std::string> Differences(const Bundle& before, const Bundle& after) {
  std::map<std::string, std::pair<const std::string*, const std::string*>> files;
  for (const BundleFile& file : before.files) files[file.path].first = &file.text;
  for (const BundleFile& file : after.files) files[file.path].second = &file.text;
  std::vector<std::string> differences;
  for (const auto& [path, texts] : files) {
    auto [old_text, new_text] = texts;
    if (old_text == nullptr) {
      differences.push_back("+ " + path);
    } else if (new_text == nullptr) {
      differences.push_back("- " + path);
    } else if (*old_text != *new_text) {
      differences.push_back("~ " + path);
    }
  }
  return differences;
}

// What this collector cannot do, though the files are good: messages that would never leave.
Status CheckReceivers(const Bundle& bundle, const CollectorSettings& settings) {
  if (!settings.smtp.host.empty()) return OkStatus();
  std::string names;
  for (const Receiver& receiver : bundle.receivers) {
    if (receiver.kind != Receiver::Kind::kEmail) continue;
    names += (names.empty() ? "" : ", ") + receiver.id;
  }
  if (names.empty()) return OkStatus();
  return FailedPrecondition(
      fmt::format("receivers.yaml: e-mail to {} cannot be sent, since the collector has no mail "
                  "server; set smtp.host in its settings and start it again",
                  names));
}

// Everything that is wrong with the files, of all kinds.
StatusOr<Bundle> Check(const v1::ApplyRequest& request, const CollectorSettings& settings) {
  std::vector<BundleFile> files;
  std::vector<BundleFile> rules;
  for (const v1::File& file : request.files()) {
    files.push_back({file.path(), file.text()});
    const bool is_yaml = file.path().ends_with(".yaml") || file.path().ends_with(".yml");
    if (file.path().starts_with("rules/") && is_yaml) rules.push_back(files.back());
  }
  StatusOr<Bundle> bundle = ParseBundle(std::move(files));
  Status of_rules =
      CheckRuleFiles(rules, {WarningNames(), bundle.ok() ? &bundle->customers : nullptr}).status();
  if (!bundle.ok() && !of_rules.ok()) {
    return InvalidArgument(bundle.status().message() + "\n" + of_rules.message());
  }
  FW_RETURN_IF_ERROR(bundle.status());
  FW_RETURN_IF_ERROR(of_rules);
  FW_RETURN_IF_ERROR(CheckReceivers(*bundle, settings));
  FW_RETURN_IF_ERROR(CheckRetention(*bundle, settings));
  return bundle;
}

class BundleService final : public v1::BundleService::CallbackService {
 public:
  explicit BundleService(const OperateParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Apply(grpc::CallbackServerContext* context,
                                  const v1::ApplyRequest* request,
                                  v1::ApplyResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &BundleService::DoApply, request, response);
  }
  grpc::ServerUnaryReactor* GetBundle(grpc::CallbackServerContext* context,
                                      const v1::GetBundleRequest* request,
                                      v1::GetBundleResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &BundleService::DoGetBundle, request,
                          response);
  }

 private:
  Status DoApply(const std::string& actor, const v1::ApplyRequest& request,
                 v1::ApplyResponse& response) {
    FW_ASSIGN_OR_RETURN(Bundle bundle, Check(request, parts_.settings));
    std::lock_guard lock(applying_);
    Bundle before;
    std::vector<LeftCustomer> left;
    FW_RETURN_IF_ERROR(parts_.desk.Ask(kControlPartition, [&](const Shard& shard) {
      before = shard.bundle();
      left = shard.left_customers();
    }));
    response.set_id(bundle.id);
    response.set_changed(bundle.id != before.id);
    for (std::string& line : Differences(before, bundle)) response.add_differences(std::move(line));
    // Who left a while ago is kept as before, and goes on or comes back for less.
    for (LeftCustomer& one : left) {
      Customer& kept = before.customers.emplace_back();
      kept.id = std::move(one.id);
      kept.retention = one.retention;
    }
    for (std::string& sentence : ShorterRetention(before, bundle, parts_.settings.retention)) {
      response.add_warnings(std::move(sentence));
    }
    if (request.dry_run()) return OkStatus();
    // The control partition first: it is the record of what is applied, and a start that finds
    // another partition behind it brings that up to it (collector/app.cc). A partition that has it
    // already answers at once.
    FW_RETURN_IF_ERROR(parts_.desk.Submit(kControlPartition, actor, bundle).status());
    for (uint32_t partition = 0; partition < kPartitions; ++partition) {
      Status outcome = parts_.desk.Submit(partition, actor, bundle).status();
      if (!outcome.ok()) {
        return outcome.With(fmt::format(
            "the bundle is applied to {} of {} partitions; apply it again to reach the others",
            partition, kPartitions));
      }
    }
    FW_LOG(kInfo, "bundle.applied", {{"bundle", bundle.id}, {"actor", actor}});
    return OkStatus();
  }

  Status DoGetBundle(const std::string&, const v1::GetBundleRequest&,
                     v1::GetBundleResponse& response) {
    FW_RETURN_IF_ERROR(parts_.desk.Ask(kControlPartition, [&](const Shard& shard) {
      response.set_id(shard.bundle().id);
      for (const BundleFile& file : shard.bundle().files) {
        v1::File* out = response.add_files();
        out->set_path(file.path);
        out->set_text(file.text);
      }
    }));
    return ReadApplications(response);
  }

  Status ReadApplications(v1::GetBundleResponse& response) {
    std::deque<AuditRecord> newest;  // in the order of their ids, the oldest first
    FW_RETURN_IF_ERROR(parts_.desk.store().ReadState(
        kControlPartition, StateKind::kAudit,
        [&](std::string_view, std::string_view bytes) -> Status {
          FW_ASSIGN_OR_RETURN(AuditRecord record, DecodeRecord<AuditRecord>(bytes));
          if (record.bundle.empty()) return OkStatus();
          newest.push_front(std::move(record));
          if (newest.size() > kApplicationsShown) newest.pop_back();
          return OkStatus();
        }));
    for (const AuditRecord& record : newest) {
      v1::BundleApplication* out = response.add_applications();
      out->set_id(record.bundle);
      out->set_at_ms(ToMillis(record.at));
      out->set_actor(record.actor);
    }
    return OkStatus();
  }

  const OperateParts parts_;
  // Two bundles applied at once would reach the partitions in different orders, and leave some on the one and
  // some on the other. Held by threads of the call pool, which may wait.
  std::mutex applying_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeBundleService(const OperateParts& parts) {
  return std::make_unique<BundleService>(parts);
}

}  // namespace forewarn
