#include <fmt/format.h>

#include "base/units.h"
#include "ctl/commands.h"
#include "model/matcher.h"

namespace forewarn {

using v1::AlertService;

Status AddSilence(Session& session, const SilenceArguments& arguments) {
  v1::AddSilenceRequest request;
  request.set_customer(arguments.customer);
  for (const std::string& text : arguments.matchers) {
    StatusOr<Matcher> matcher = ParseMatcher(text);
    if (!matcher.ok()) {
      return matcher.status().With(
          fmt::format("the matcher '{}' (such as alertname=\"DiskWillFill\")", text));
    }
    request.add_matchers(text);
  }
  FW_ASSIGN_OR_RETURN(Duration lasts, DurationOf("--for", arguments.lasts));
  if (lasts <= 0s) return InvalidArgument("a silence must last; give --for a duration above 0s");
  Timestamp from = session.now;
  if (!arguments.from.empty()) {
    FW_ASSIGN_OR_RETURN(from, ParseMoment(arguments.from, session.now));
    request.set_from_ms(ToMillis(from));
  }
  request.set_to_ms(ToMillis(from + lasts));
  request.set_comment(arguments.comment);
  v1::AddSilenceResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<AlertService>(&AlertService::Stub::AddSilence, request, response));
  session.Answer(response, fmt::format("{}\n", Printable(response.id())));
  return OkStatus();
}

Status ListSilences(Session& session) {
  v1::ListSilencesResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<AlertService>(&AlertService::Stub::ListSilences,
                                                            v1::ListSilencesRequest(), response));
  Table table({"ID", "CUSTOMER", "STATE", "FROM", "TO", "MATCHERS", "BY", "COMMENT"});
  for (const v1::SilenceInfo& silence : response.silences()) {
    std::string matchers;
    for (const std::string& matcher : silence.matchers())
      matchers += (matchers.empty() ? "" : ",") + matcher;
    table.Add({silence.id(), silence.customer(), silence.state(), TimeText(silence.from_ms()),
               TimeText(silence.to_ms()), matchers, silence.created_by(), silence.comment()});
  }
  session.Answer(response, table.ToString("No silences."));
  return OkStatus();
}

Status ExpireSilence(Session& session, const std::string& id) {
  v1::ExpireSilenceRequest request;
  request.set_id(id);
  v1::ExpireSilenceResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<AlertService>(&AlertService::Stub::ExpireSilence,
                                                            request, response));
  session.Answer(response, fmt::format("{} is over.\n", id));
  return OkStatus();
}

}  // namespace forewarn
