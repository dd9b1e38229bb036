#include <fmt/format.h>

#include "base/units.h"
#include "ctl/commands.h"
#include "ctl/label_refs.h"
#include "model/labels.h"

namespace forewarn {
namespace {

using v1::QueryService;

// Of a range of which not more is said.
constexpr Duration kRange = 1h;
constexpr int64_t kAnswers = 60;

std::string SeriesName(const v1::QuerySeries& series) {
  std::vector<Labels::Pair> pairs;
  for (const v1::Label& label : series.labels()) pairs.emplace_back(label.name(), label.value());
  // A name given twice would be the collector's mistake; show what it sent rather than stop.
  Labels labels;
  for (const auto& [name, value] : pairs) labels.Set(name, value);
  return labels.ToString();
}

StatusOr<int64_t> Millis(const std::string& moment, Timestamp now) {
  if (moment.empty()) return int64_t{0};
  FW_ASSIGN_OR_RETURN(Timestamp at, ParseMoment(moment, now));
  return ToMillis(at);
}

// --from and --to; 0 for what is not given.
template <typename Arguments, typename Request>
Status SetTimes(const Arguments& arguments, Timestamp now, Request& request) {
  FW_ASSIGN_OR_RETURN(int64_t from, Millis(arguments.from, now));
  FW_ASSIGN_OR_RETURN(int64_t to, Millis(arguments.to, now));
  if (from > (to == 0 ? ToMillis(now) : to)) {
    return InvalidArgument(to == 0 ? "--from is after now" : "--from is after --to");
  }
  request.set_from_ms(from);
  request.set_to_ms(to);
  return OkStatus();
}

// What is not given of a range.
void SetRange(Timestamp now, v1::QueryRequest& request) {
  const int64_t to = request.to_ms() != 0 ? request.to_ms() : ToMillis(now);
  if (request.from_ms() == 0) request.set_from_ms(to - kRange.count());
  const int64_t seconds = (to - request.from_ms()) / 1000;
  request.set_step_ms(std::max<int64_t>(1, seconds / kAnswers) * 1000);
}

}  // namespace

Status Query(Session& session, const QueryArguments& arguments) {
  if (arguments.expression.empty()) return InvalidArgument("an expression is needed: EXPR");
  if (arguments.customer.empty()) return InvalidArgument("--customer is needed: whose data");
  v1::QueryRequest request;
  request.set_expression(arguments.expression);
  request.set_customer(arguments.customer);
  FW_RETURN_IF_ERROR(SetTimes(arguments, session.now, request));
  if (arguments.is_range) SetRange(session.now, request);
  if (!arguments.step.empty()) {
    FW_ASSIGN_OR_RETURN(Duration step, DurationOf("--step", arguments.step));
    if (step <= 0s || request.from_ms() == 0)
      return InvalidArgument("a range query needs --from and a --step above 0s");
    request.set_step_ms(step.count());
  } else if (request.from_ms() != 0 && request.step_ms() == 0) {
    return InvalidArgument("--from needs --step: how far apart the answers are, such as 1m");
  }
  v1::QueryResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<QueryService>(&QueryService::Stub::Query, request, response));
  FW_RETURN_IF_ERROR(WriteLabelsOut(*response.mutable_label_strings(), *response.mutable_series()));

  Table table({"SERIES", "TIME", "VALUE"});
  for (const v1::QuerySeries& series : response.series()) {
    std::string name = SeriesName(series);
    int samples = std::min(series.times_ms_size(), series.values_size());
    for (int i = 0; i < samples; ++i) {
      table.Add({name, FormatTime(FromMillis(series.times_ms(i))), NumberText(series.values(i))});
    }
  }
  session.Answer(response, table.ToString("No series."));
  return OkStatus();
}

Status Select(Session& session, const SelectArguments& arguments) {
  v1::SelectRequest request;
  request.set_customer(arguments.customer);
  for (const std::string& matcher : arguments.matchers) request.add_matchers(matcher);
  FW_RETURN_IF_ERROR(SetTimes(arguments, session.now, request));
  return session.connection->Read<QueryService, v1::SelectRequest, v1::SelectResponse>(
      &QueryService::Stub::Select, request, [&](v1::SelectResponse& part) -> Status {
        FW_RETURN_IF_ERROR(WriteLabelsOut(*part.mutable_label_strings(), *part.mutable_series()));
        std::string text;
        for (const v1::QuerySeries& series : part.series()) {
          std::string name = Printable(SeriesName(series));
          int samples = std::min(series.times_ms_size(), series.values_size());
          for (int i = 0; i < samples; ++i) {
            text += fmt::format("{} {} {}\n", name, FormatTime(FromMillis(series.times_ms(i))),
                                NumberText(series.values(i)));
          }
        }
        session.Answer(part, text);
        // Whoever took the first lines may have gone.
        return session.out ? OkStatus() : Cancelled("nobody takes the answer any more");
      });
}

Status ListEvents(Session& session, const EventArguments& arguments) {
  if (arguments.limit < 1 || arguments.limit > 1'000'000)
    return InvalidArgument("--limit must be from 1 to 1000000");
  v1::ListEventsRequest request;
  request.set_customer(arguments.customer);
  FW_RETURN_IF_ERROR(SetTimes(arguments, session.now, request));
  request.set_limit(static_cast<uint32_t>(arguments.limit));
  v1::ListEventsResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<QueryService>(&QueryService::Stub::ListEvents, request, response));
  Table table({"TIME", "KIND", "SEVERITY", "SOURCE", "COUNT", "TEXT"});
  for (const v1::HistoryItem& item : response.items()) {
    table.Add({TimeText(item.at_ms()), item.kind(), item.severity(), item.source(),
               std::to_string(item.count()), item.text()});
  }
  session.Answer(response, table.ToString("Nothing happened in that time."));
  return OkStatus();
}

Status CountEvents(Session& session, const CountArguments& arguments) {
  if (arguments.limit < 1 || arguments.limit > 10'000)
    return InvalidArgument("--limit must be from 1 to 10000");
  v1::CountEventsRequest request;
  request.set_customer(arguments.customer);
  FW_RETURN_IF_ERROR(SetTimes(arguments, session.now, request));
  request.set_by(arguments.by);
  request.set_limit(static_cast<uint32_t>(arguments.limit));
  v1::CountEventsResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<QueryService>(&QueryService::Stub::CountEvents, request, response));
  Table table(
      {"COUNT", "PROBES", "SEVERITY", "FIRST", "LAST", "FINGERPRINT", "SOURCE", "CODE", "TEXT"});
  for (const v1::EventCountInfo& count : response.counts()) {
    table.Add({std::to_string(count.count()), std::to_string(count.probes()), count.severity(),
               TimeText(count.first_ms()), TimeText(count.last_ms()), count.fingerprint(),
               count.source(), count.code(),
               count.template_text().empty() ? count.message() : count.template_text()});
  }
  session.Answer(response, table.ToString("No event was reported in that time."));
  if (response.others() > 0) {
    session.notes << fmt::format("and {} events of others; raise --limit to see more\n",
                                 response.others());
  }
  return OkStatus();
}

}  // namespace forewarn
