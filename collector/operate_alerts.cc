#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/random.h"
#include "collector/known_customers.h"
#include "collector/operate_convert.h"
#include "collector/operate_service.h"
#include "collector/rpc.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/ids.h"
#include "rules/promql/promql.h"

namespace forewarn {
namespace {

// Whether the text is matchers in PromQL's notation.
Status CheckMatcher(const std::string& text) {
  StatusOr<promql::Expression> parsed = promql::Parse("{" + text + "}");
  if (!parsed.ok()) {
    return InvalidArgument(fmt::format(
        "matchers: '{}' is not a matcher such as alertname=\"DiskWillFill\" or instance=~\"web.*\"",
        text));
  }
  return OkStatus();
}

std::string_view SilenceState(const Silence& silence, Timestamp now) {
  if (now >= silence.to) return "expired";
  return now < silence.from ? "pending" : "active";
}

class AlertService final : public v1::AlertService::CallbackService {
 public:
  explicit AlertService(const OperateParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* ListAlerts(grpc::CallbackServerContext* context,
                                       const v1::ListAlertsRequest* request,
                                       v1::ListAlertsResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &AlertService::DoListAlerts, request,
                          response);
  }
  grpc::ServerUnaryReactor* ListRules(grpc::CallbackServerContext* context,
                                      const v1::ListRulesRequest* request,
                                      v1::ListRulesResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &AlertService::DoListRules, request,
                          response);
  }
  grpc::ServerUnaryReactor* AddSilence(grpc::CallbackServerContext* context,
                                       const v1::AddSilenceRequest* request,
                                       v1::AddSilenceResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &AlertService::DoAddSilence, request,
                          response);
  }
  grpc::ServerUnaryReactor* ExpireSilence(grpc::CallbackServerContext* context,
                                          const v1::ExpireSilenceRequest* request,
                                          v1::ExpireSilenceResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &AlertService::DoExpireSilence, request,
                          response);
  }
  grpc::ServerUnaryReactor* ListSilences(grpc::CallbackServerContext* context,
                                         const v1::ListSilencesRequest* request,
                                         v1::ListSilencesResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &AlertService::DoListSilences, request,
                          response);
  }

 private:
  Status DoListAlerts(const std::string&, const v1::ListAlertsRequest& request,
                      v1::ListAlertsResponse& response) {
    if (!request.customer().empty()) FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    FW_RETURN_IF_ERROR(parts_.desk.AskAbout(request.customer(), [&](const Shard& shard) {
      for (const Alert& alert : shard.engine().Alerts()) {
        if (request.customer().empty() || alert.customer == request.customer()) {
          Write(alert, *response.add_alerts());
        }
      }
    }));
    return response.alerts().empty() ? CheckIsKnown(parts_.desk, request.customer()) : OkStatus();
  }

  // Every partition has the same rules; an error in any of them is worth showing, and so is a selector
  // that matches nothing in all of them.
  Status DoListRules(const std::string&, const v1::ListRulesRequest&,
                     v1::ListRulesResponse& response) {
    using Key = std::tuple<std::string, std::string, std::string, std::string>;
    std::map<Key, int> places;
    std::vector<std::vector<std::string>> unmatched;  // by place
    Timestamp now = parts_.desk.clock().Now();
    FW_RETURN_IF_ERROR(parts_.desk.AskAll([&](const Shard& shard) {
      for (Engine::RuleStatus& rule : shard.engine().Rules(now)) {
        auto [found, is_new] = places.try_emplace(
            Key(rule.file, rule.group, rule.name, rule.expression), response.rules_size());
        v1::RuleInfo* info = is_new ? response.add_rules() : response.mutable_rules(found->second);
        if (!rule.last_error.empty()) info->set_last_error(rule.last_error);
        if (!is_new) {
          std::erase_if(unmatched[static_cast<size_t>(found->second)], [&](const auto& selector) {
            return std::ranges::find(rule.unmatched, selector) == rule.unmatched.end();
          });
          continue;
        }
        unmatched.push_back(std::move(rule.unmatched));
        info->set_file(rule.file);
        info->set_group(rule.group);
        info->set_name(rule.name);
        info->set_expression(rule.expression);
        info->set_kind(rule.shadow ? "shadow" : rule.alerting ? "alerting" : "recording");
        info->set_evaluated(rule.per_round ? "per_round" : "on_grid");
        info->set_why_general(rule.why_general);
      }
    }));
    for (size_t i = 0; i < unmatched.size(); ++i) {
      response.mutable_rules(static_cast<int>(i))
          ->set_unmatched(fmt::format("{}", fmt::join(unmatched[i], ", ")));
    }
    return OkStatus();
  }

  Status DoAddSilence(const std::string& actor, const v1::AddSilenceRequest& request,
                      v1::AddSilenceResponse& response) {
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    Timestamp now = parts_.desk.clock().Now();
    Silence silence;
    silence.id = RandomUuid();
    silence.customer = request.customer();
    silence.from = request.from_ms() == 0 ? now : FromMillis(request.from_ms());
    silence.to = FromMillis(request.to_ms());
    silence.created_by = actor;
    silence.comment = request.comment();
    if (silence.to <= silence.from || silence.to <= now) {
      return InvalidArgument("to_ms: a silence ends after its start and in the future");
    }
    if (request.matchers().empty()) {
      return InvalidArgument("matchers: at least one, such as alertname=\"DiskWillFill\"");
    }
    for (const std::string& matcher : request.matchers()) {
      FW_RETURN_IF_ERROR(CheckMatcher(matcher));
      silence.matchers.push_back(matcher);
    }
    FW_RETURN_IF_ERROR(
        parts_.desk
            .Submit(PartitionOf(silence.customer), actor, Command(AddSilenceCommand{silence}))
            .status());
    response.set_id(silence.id);
    return OkStatus();
  }

  Status DoExpireSilence(const std::string& actor, const v1::ExpireSilenceRequest& request,
                         v1::ExpireSilenceResponse&) {
    std::optional<uint32_t> home;
    FW_RETURN_IF_ERROR(parts_.desk.AskAll([&](const Shard& shard) {
      if (shard.planner().silences().contains(request.id())) home = shard.partition();
    }));
    if (!home) return NotFound("there is no silence " + request.id());
    return parts_.desk.Submit(*home, actor, Command(ExpireSilenceCommand{request.id()})).status();
  }

  Status DoListSilences(const std::string&, const v1::ListSilencesRequest&,
                        v1::ListSilencesResponse& response) {
    Timestamp now = parts_.desk.clock().Now();
    return parts_.desk.AskAll([&](const Shard& shard) {
      for (const auto& [id, silence] : shard.planner().silences()) {
        v1::SilenceInfo* info = response.add_silences();
        info->set_id(id);
        info->set_customer(silence.customer);
        for (const std::string& matcher : silence.matchers) info->add_matchers(matcher);
        info->set_from_ms(ToMillis(silence.from));
        info->set_to_ms(ToMillis(silence.to));
        info->set_created_by(silence.created_by);
        info->set_comment(silence.comment);
        info->set_state(std::string(SilenceState(silence, now)));
      }
    });
  }

  const OperateParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAlertService(const OperateParts& parts) {
  return std::make_unique<AlertService>(parts);
}

}  // namespace forewarn
