#include <fmt/format.h>

#include "ctl/commands.h"

namespace forewarn {
namespace {

using v1::TicketService;

using Act = grpc::Status (TicketService::Stub::*)(grpc::ClientContext*, const v1::TicketActRequest&,
                                                  v1::TicketActResponse*);

Status ActOn(Session& session, Act act, const TicketArguments& arguments) {
  v1::TicketActRequest request;
  request.set_name(arguments.name);
  request.set_text(arguments.text);
  request.set_cause(arguments.cause);
  request.set_customer_visible(arguments.customer_visible);
  v1::TicketActResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<TicketService>(act, request, response));
  const v1::TicketInfo& ticket = response.ticket();
  session.Answer(response, fmt::format("{} is {}: {}\n", Printable(ticket.name()),
                                       Printable(ticket.state()), Printable(ticket.title())));
  return OkStatus();
}

// A paragraph about the ticket itself.
std::string Describe(const v1::TicketInfo& ticket) {
  std::string out = fmt::format("{}  {}\n\n", Printable(ticket.name()), Printable(ticket.title()));
  out += Field("state", ticket.state() + (ticket.prevented() ? ", prevented" : ""));
  out += Field("severity", ticket.severity());
  out += Field("customer", ticket.customer() + "/" + ticket.installation());
  out += Field("rule", ticket.rule());
  out += Field("tier, owner", fmt::format("L{}, {}", ticket.tier(),
                                          ticket.owner().empty() ? "nobody" : ticket.owner()));
  out += Field("problem since", TimeText(ticket.problem_since_ms()));
  out += Field("expected failure", TimeText(ticket.predicted_breach_ms()));
  out += Field("opened", TimeText(ticket.opened_at_ms()));
  if (ticket.acknowledged_at_ms() != 0) {
    out += Field("acknowledged",
                 TimeText(ticket.acknowledged_at_ms()) + " by " + ticket.acknowledged_by());
  }
  if (ticket.resolved_at_ms() != 0) out += Field("resolved", TimeText(ticket.resolved_at_ms()));
  if (ticket.closed_at_ms() != 0) {
    out += Field("closed", TimeText(ticket.closed_at_ms()));
    out += Field("cause", ticket.cause());
    out += Field("resolution", ticket.resolution());
  }
  if (!ticket.description().empty()) out += "\n" + Printable(ticket.description(), true) + "\n";
  return out;
}

}  // namespace

Status ListTickets(Session& session, const std::string& customer, bool with_closed) {
  v1::ListTicketsRequest request;
  request.set_customer(customer);
  request.set_with_closed(with_closed);
  v1::ListTicketsResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<TicketService>(&TicketService::Stub::ListTickets,
                                                             request, response));
  Table table({"TICKET", "CUSTOMER", "SEVERITY", "STATE", "OPENED", "EXPECTED", "OWNER", "TITLE"});
  for (const v1::TicketInfo& ticket : response.tickets()) {
    table.Add({ticket.name(), ticket.customer(), ticket.severity(),
               ticket.state() + (ticket.prevented() ? ", prevented" : ""),
               TimeText(ticket.opened_at_ms()), TimeText(ticket.predicted_breach_ms()),
               ticket.owner(), ticket.title()});
  }
  session.Answer(response, table.ToString(with_closed ? "No tickets." : "No open tickets."));
  return OkStatus();
}

Status ShowTicket(Session& session, const std::string& name) {
  v1::GetTicketRequest request;
  request.set_name(name);
  v1::GetTicketResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<TicketService>(&TicketService::Stub::GetTicket, request, response));
  std::string text = Describe(response.ticket());
  Table alerts({"ALERT", "STATE", "SINCE", "VALUE"});
  for (const v1::AlertInfo& alert : response.ticket().alerts()) {
    alerts.Add({alert.rule(), alert.state(), TimeText(alert.active_since_ms()),
                NumberText(alert.value())});
  }
  if (!alerts.empty()) text += "\n" + alerts.ToString("");
  Table timeline({"TIME", "WHO", "WHAT", "TEXT", "SEEN BY"});
  for (const v1::TimelineInfo& item : response.timeline()) {
    timeline.Add({TimeText(item.at_ms()), item.actor(), item.what(), item.text(),
                  item.customer_visible() ? "support, customer" : "support"});
  }
  text += "\n" + timeline.ToString("No timeline.");
  Table notifications({"MESSAGE", "TO", "RECEIVER", "STATE", "ATTEMPTS", "OUTCOME"});
  for (const v1::NotificationInfo& message : response.notifications()) {
    notifications.Add({message.template_id(), message.audience(), message.receiver(),
                       message.state(), std::to_string(message.attempts()), message.outcome()});
  }
  text += "\n" + notifications.ToString("Nobody was told.");
  session.Answer(response, text);
  return OkStatus();
}

Status AcknowledgeTicket(Session& session, const TicketArguments& arguments) {
  return ActOn(session, &TicketService::Stub::AcknowledgeTicket, arguments);
}
Status CloseTicket(Session& session, const TicketArguments& arguments) {
  return ActOn(session, &TicketService::Stub::CloseTicket, arguments);
}
Status AddNote(Session& session, const TicketArguments& arguments) {
  return ActOn(session, &TicketService::Stub::AddNote, arguments);
}

}  // namespace forewarn
