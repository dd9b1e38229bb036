#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "base/record.h"
#include "collector/known_customers.h"
#include "collector/operate_convert.h"
#include "collector/operate_service.h"
#include "collector/rpc.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/ids.h"
#include "model/incident.h"

namespace forewarn {
namespace {

constexpr std::string_view kCauses[] = {"config",      "capacity", "defect",
                                        "environment", "upstream", "user"};

void Write(const Ticket& ticket, v1::TicketInfo& out) {
  out.set_name(TicketName(ticket.number));
  out.set_customer(ticket.customer);
  out.set_installation(ticket.installation);
  out.set_rule(ticket.rule);
  out.set_title(ticket.title);
  out.set_description(ticket.description);
  out.set_severity(std::string(SeverityName(ticket.severity)));
  out.set_tier(ticket.tier);
  out.set_owner(ticket.owner);
  out.set_state(std::string(TicketStateName(ticket.state)));
  out.set_opened_at_ms(ToMillis(ticket.opened_at));
  out.set_acknowledged_at_ms(ToMillisOrZero(ticket.acknowledged_at));
  out.set_acknowledged_by(ticket.acknowledged_by);
  out.set_resolved_at_ms(ToMillisOrZero(ticket.resolved_at));
  out.set_closed_at_ms(ToMillisOrZero(ticket.closed_at));
  out.set_cause(ticket.cause);
  out.set_resolution(ticket.resolution);
  out.set_prevented(ticket.prevented);
  out.set_problem_since_ms(ToMillis(ticket.problem_since));
  out.set_predicted_breach_ms(ToMillisOrZero(ticket.predicted_breach));
  for (const Alert& alert : ticket.alerts) Write(alert, *out.add_alerts());
}

void Write(const TimelineItem& line, v1::TimelineInfo& out) {
  out.set_at_ms(ToMillis(line.at));
  out.set_actor(line.actor);
  out.set_what(line.what);
  out.set_text(line.text);
  out.set_customer_visible(line.customer_visible);
}

std::string_view DeliveryName(DeliveryState state) {
  switch (state) {
    case DeliveryState::kWaiting: return "waiting";
    case DeliveryState::kDelivered: return "delivered";
    case DeliveryState::kDead: return "dead";
    case DeliveryState::kSuppressed: return "suppressed";
  }
  return "unknown";
}

void Write(const Notification& notification, v1::NotificationInfo& out) {
  out.set_id(notification.id);
  out.set_receiver(notification.receiver);
  out.set_audience(notification.audience == Audience::kCustomer ? "customer" : "support");
  out.set_template_id(notification.template_id);
  out.set_state(std::string(DeliveryName(notification.state)));
  out.set_attempts(notification.attempts);
  out.set_created_at_ms(ToMillis(notification.created_at));
  out.set_outcome(notification.outcome);
}

// The number says which partition the ticket lives in.
uint32_t HomeOf(uint64_t ticket) { return static_cast<uint32_t>(ticket % kPartitions); }

StatusOr<uint64_t> ParseName(const std::string& name) {
  std::optional<uint64_t> number = ParseTicketName(name);
  if (!number)
    return InvalidArgument("name: '" + name.substr(0, 40) + "' is not a ticket such as FW-192");
  return *number;
}

class TicketService final : public v1::TicketService::CallbackService {
 public:
  explicit TicketService(const OperateParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* ListTickets(grpc::CallbackServerContext* context,
                                        const v1::ListTicketsRequest* request,
                                        v1::ListTicketsResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &TicketService::DoListTickets, request,
                          response);
  }
  grpc::ServerUnaryReactor* GetTicket(grpc::CallbackServerContext* context,
                                      const v1::GetTicketRequest* request,
                                      v1::GetTicketResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &TicketService::DoGetTicket, request,
                          response);
  }
  grpc::ServerUnaryReactor* AcknowledgeTicket(grpc::CallbackServerContext* context,
                                              const v1::TicketActRequest* request,
                                              v1::TicketActResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &TicketService::DoAcknowledge, request,
                          response);
  }
  grpc::ServerUnaryReactor* CloseTicket(grpc::CallbackServerContext* context,
                                        const v1::TicketActRequest* request,
                                        v1::TicketActResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &TicketService::DoClose, request, response);
  }
  grpc::ServerUnaryReactor* AddNote(grpc::CallbackServerContext* context,
                                    const v1::TicketActRequest* request,
                                    v1::TicketActResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &TicketService::DoAddNote, request,
                          response);
  }

 private:
  Status DoListTickets(const std::string&, const v1::ListTicketsRequest& request,
                       v1::ListTicketsResponse& response) {
    if (!request.customer().empty()) FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    FW_RETURN_IF_ERROR(parts_.desk.AskAbout(request.customer(), [&](const Shard& shard) {
      for (const auto& [number, ticket] : shard.incidents().tickets()) {
        if (!request.customer().empty() && ticket.customer != request.customer()) continue;
        if (ticket.state == TicketState::kClosed && !request.with_closed()) continue;
        Write(ticket, *response.add_tickets());
      }
    }));
    return response.tickets().empty() ? CheckIsKnown(parts_.desk, request.customer()) : OkStatus();
  }

  Status DoGetTicket(const std::string&, const v1::GetTicketRequest& request,
                     v1::GetTicketResponse& response) {
    FW_ASSIGN_OR_RETURN(uint64_t number, ParseName(request.name()));
    FW_RETURN_IF_ERROR(Show(number, *response.mutable_ticket()));
    FW_RETURN_IF_ERROR(parts_.desk.Ask(HomeOf(number), [&](const Shard& shard) {
      for (const auto& [id, notification] : shard.planner().outbox()) {
        if (notification.ticket == number) Write(notification, *response.add_notifications());
      }
    }));
    return ReadTimeline(number, response);
  }

  // Lines are in the order of their ids, `ticket/index` with leading zeros: those of the tickets before are
  // passed without a look inside, and the first one of a later ticket ends it.
  Status ReadTimeline(uint64_t number, v1::GetTicketResponse& response) {
    const std::string ours = fmt::format("{:020}/", number);
    bool past = false;
    Status outcome = parts_.desk.store().ReadState(
        HomeOf(number), StateKind::kTimeline,
        [&](std::string_view id, std::string_view record) -> Status {
          std::string_view ticket = id.substr(0, ours.size());
          if (ticket < ours) return OkStatus();
          past = ticket > ours;
          if (past) return Cancelled("read all that there is of the ticket");
          FW_ASSIGN_OR_RETURN(TimelineItem line, DecodeRecord<TimelineItem>(record));
          Write(line, *response.add_timeline());
          return OkStatus();
        });
    return past ? OkStatus() : outcome;
  }

  Status DoAcknowledge(const std::string& actor, const v1::TicketActRequest& request,
                       v1::TicketActResponse& response) {
    return Act(actor, request, TicketCommand::Act::kAcknowledge, response);
  }

  Status DoClose(const std::string& actor, const v1::TicketActRequest& request,
                 v1::TicketActResponse& response) {
    if (std::ranges::find(kCauses, request.cause()) == std::end(kCauses)) {
      return InvalidArgument("cause: one of config, capacity, defect, environment, upstream, user");
    }
    if (request.text().empty()) return InvalidArgument("text: say how it was resolved");
    return Act(actor, request, TicketCommand::Act::kClose, response);
  }

  Status DoAddNote(const std::string& actor, const v1::TicketActRequest& request,
                   v1::TicketActResponse& response) {
    if (request.text().empty()) return InvalidArgument("text: the note is empty");
    return Act(actor, request, TicketCommand::Act::kNote, response);
  }

  Status Act(const std::string& actor, const v1::TicketActRequest& request, TicketCommand::Act act,
             v1::TicketActResponse& response) {
    TicketCommand command;
    FW_ASSIGN_OR_RETURN(command.ticket, ParseName(request.name()));
    command.act = act;
    command.text = request.text();
    command.cause = request.cause();
    command.customer_visible = request.customer_visible();
    uint64_t number = command.ticket;
    FW_RETURN_IF_ERROR(
        parts_.desk.Submit(HomeOf(number), actor, Command(std::move(command))).status());
    return Show(number, *response.mutable_ticket());
  }

  Status Show(uint64_t number, v1::TicketInfo& out) {
    bool found = false;
    FW_RETURN_IF_ERROR(parts_.desk.Ask(HomeOf(number), [&](const Shard& shard) {
      const Ticket* ticket = shard.incidents().Find(number);
      found = ticket != nullptr;
      if (found) Write(*ticket, out);
    }));
    if (!found) return NotFound("there is no ticket " + TicketName(number));
    return OkStatus();
  }

  const OperateParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTicketService(const OperateParts& parts) {
  return std::make_unique<TicketService>(parts);
}

}  // namespace forewarn
