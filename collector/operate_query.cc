#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "base/record.h"
#include "collector/answer_parts.h"
#include "collector/known_customers.h"
#include "collector/label_strings.h"
#include "collector/operate_convert.h"
#include "collector/operate_service.h"
#include "collector/rpc.h"
#include "collector/scoped_series.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/ids.h"
#include "model/incident.h"
#include "rules/promql/promql.h"
#include "store/event_counts.h"

namespace forewarn {
namespace {

constexpr Duration kSelectPatience = 10s;
constexpr uint32_t kEventsDefault = 100;
constexpr uint32_t kEventsMax = 10'000;

promql::EvalLimits QueryLimits() {
  promql::EvalLimits limits;
  limits.select.max_series = 10'000;
  limits.select.max_samples = 5'000'000;
  return limits;
}

void AddPoint(Timestamp at, double value, v1::QuerySeries& series) {
  series.add_times_ms(ToMillis(at));
  series.add_values(value);
}

// Writes what an expression came to.
class AnswerWriter {
 public:
  explicit AnswerWriter(v1::QueryResponse& response)
      : response_(response), label_strings_(*response.mutable_label_strings()) {}

  Status Write(const promql::Value& value) {
    if (const auto* scalar = std::get_if<promql::Scalar>(&value)) {
      AddPoint(scalar->at, scalar->value, AddSeries({}));
    } else if (const auto* vector = std::get_if<promql::Vector>(&value)) {
      for (const promql::VectorSample& sample : *vector) {
        AddPoint(sample.at, sample.value, AddSeries(sample.labels));
      }
    } else if (const auto* matrix = std::get_if<promql::Matrix>(&value)) {
      WriteMatrix(*matrix);
    } else {
      return InvalidArgument("expression: the result is a text, which has no samples");
    }
    return OkStatus();
  }
  void WriteMatrix(const promql::Matrix& matrix) {
    for (const SeriesData& data : matrix) {
      v1::QuerySeries& series = AddSeries(data.labels);
      series.mutable_times_ms()->Reserve(static_cast<int>(data.samples.size()));
      series.mutable_values()->Reserve(static_cast<int>(data.samples.size()));
      for (const Sample& sample : data.samples) {
        if (!IsStale(sample.value)) AddPoint(sample.at, sample.value, series);
      }
    }
  }

 private:
  v1::QuerySeries& AddSeries(const Labels& labels) {
    v1::QuerySeries& series = *response_.add_series();
    label_strings_.Write(labels, *series.mutable_label_refs());
    return series;
  }

  v1::QueryResponse& response_;
  LabelStrings label_strings_;
};

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassing: return "passing";
    case Verdict::kWarning: return "warning";
    case Verdict::kFailing: return "failing";
  }
  return "unknown";
}

// One row of history in the few words that a list has room for.
Status Write(const HistoryRow& row, v1::HistoryItem& out) {
  out.set_at_ms(ToMillis(row.at));
  out.set_probe(row.probe);
  switch (row.kind) {
    case HistoryKind::kEvent: {
      FW_ASSIGN_OR_RETURN(Event event, DecodeRecord<Event>(row.record));
      out.set_kind("event");
      out.set_severity(std::string(SeverityName(event.severity)));
      out.set_source(event.source);
      out.set_count(event.count);
      out.set_text(event.message.empty() ? event.template_text : event.message);
      return OkStatus();
    }
    case HistoryKind::kCheck: {
      FW_ASSIGN_OR_RETURN(Check check, DecodeRecord<Check>(row.record));
      out.set_kind("check");
      out.set_source(check.name);
      out.set_count(1);
      out.set_text(fmt::format("{}: {}", VerdictName(check.verdict), check.message));
      return OkStatus();
    }
    case HistoryKind::kChange: {
      FW_ASSIGN_OR_RETURN(Change change, DecodeRecord<Change>(row.record));
      out.set_kind("change");
      out.set_source(change.name);
      out.set_count(1);
      out.set_text(fmt::format("'{}' became '{}'", change.before, change.after));
      return OkStatus();
    }
    case HistoryKind::kGap: {
      FW_ASSIGN_OR_RETURN(Gap gap, DecodeRecord<Gap>(row.record));
      out.set_kind("gap");
      out.set_source(gap.kind);
      out.set_count(gap.count);
      out.set_text(fmt::format("{} {} lost: {}", gap.count, gap.kind, gap.reason));
      return OkStatus();
    }
    case HistoryKind::kAlert: {
      FW_ASSIGN_OR_RETURN(AlertChange change, DecodeRecord<AlertChange>(row.record));
      out.set_kind("alert");
      out.set_source(change.alert.rule);
      out.set_count(1);
      out.set_text(
          fmt::format("{} {}", change.alert.labels.ToString(), AlertStateName(change.alert.state)));
      return OkStatus();
    }
  }
  return DataLoss(fmt::format("history of an unknown kind {}", static_cast<int>(row.kind)));
}

// Cuts what was selected into parts of kPointsOfPart.
class PartWriter {
 public:
  using Send = AnswerParts<v1::SelectResponse>::Send;
  explicit PartWriter(const Send& send)
      : send_(send), label_strings_(*part_.mutable_label_strings()) {}

  Status Add(const SeriesData& data) {
    v1::QuerySeries* series = nullptr;
    for (const Sample& sample : data.samples) {
      ++points_;
      if (IsStale(sample.value)) continue;
      if (series == nullptr) {
        series = part_.add_series();
        label_strings_.Write(data.labels, *series->mutable_label_refs());
      }
      AddPoint(sample.at, sample.value, *series);
      if (++in_part_ < kPointsOfPart) continue;
      FW_RETURN_IF_ERROR(Flush());
      series = nullptr;
    }
    return OkStatus();
  }
  Status Flush() {
    if (part_.series_size() > 0 && !send_(part_)) {
      return Cancelled("nobody takes the answer any more");
    }
    part_.Clear();
    label_strings_.Clear();
    in_part_ = 0;
    return OkStatus();
  }
  size_t points() const { return points_; }

 private:
  static constexpr size_t kPointsOfPart = 8192;

  const Send& send_;
  v1::SelectResponse part_;
  LabelStrings label_strings_;
  size_t in_part_ = 0;
  size_t points_ = 0;
};

StatusOr<CountBy> ParseCountBy(const std::string& by) {
  if (by.empty() || by == "fingerprint") return CountBy::kFingerprint;
  if (by == "template") return CountBy::kTemplate;
  return InvalidArgument(fmt::format("by: '{}' is neither fingerprint nor template", by));
}

void Write(const EventCount& count, v1::EventCountInfo& out) {
  out.set_fingerprint(count.fingerprint.ToString());
  out.set_source(count.source);
  out.set_code(count.code);
  out.set_template_text(count.template_text);
  out.set_message(count.message);
  out.set_severity(std::string(SeverityName(count.severity)));
  out.set_count(count.count);
  out.set_probes(count.probes);
  out.set_first_ms(ToMillis(count.first_at));
  out.set_last_ms(ToMillis(count.last_at));
}

class QueryService final : public v1::QueryService::CallbackService {
 public:
  explicit QueryService(const OperateParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Query(grpc::CallbackServerContext* context,
                                  const v1::QueryRequest* request,
                                  v1::QueryResponse* response) override {
    return AnswerReader(parts_.calls, context, this, &QueryService::DoQuery, request, response);
  }
  grpc::ServerWriteReactor<v1::SelectResponse>* Select(grpc::CallbackServerContext* context,
                                                       const v1::SelectRequest* request) override {
    Status allowed = PeerOperator(*context).status();
    return SelectAnswer::Start(
        parts_.calls, parts_.desk.clock(), context,
        [this, allowed, request](const Stop& stop, const SelectAnswer::Send& send) {
          if (!allowed.ok()) return allowed;
          if (++selecting_ > kSelectsAtOnce) {
            --selecting_;
            return ResourceExhausted(fmt::format(
                "{} selections are being answered; try again when one is done", kSelectsAtOnce));
          }
          Status status = DoSelect(*request, stop, send);
          --selecting_;
          return status;
        });
  }
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const v1::ListEventsRequest* request,
                                       v1::ListEventsResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &QueryService::DoListEvents, request,
                          response);
  }
  grpc::ServerUnaryReactor* CountEvents(grpc::CallbackServerContext* context,
                                        const v1::CountEventsRequest* request,
                                        v1::CountEventsResponse* response) override {
    return AnswerReader(parts_.calls, context, this, &QueryService::DoCountEvents, request,
                        response);
  }

 private:
  using SelectAnswer = AnswerParts<v1::SelectResponse>;
  // Whoever reads slowly holds a thread of those that answer operators and renew certificates.
  static constexpr int kSelectsAtOnce = 2;

  Status DoQuery(const v1::QueryRequest& request, const Stop& stop, v1::QueryResponse& response) {
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    if (request.step_ms() < 0) return InvalidArgument("step_ms: negative");
    FW_ASSIGN_OR_RETURN(promql::Expression expression, promql::Parse(request.expression()));
    ScopedSeries source(parts_.desk.partitions(), request.customer(), kSelectPatience, stop);
    Timestamp to = request.to_ms() == 0 ? parts_.desk.clock().Now() : FromMillis(request.to_ms());
    if (request.step_ms() == 0) {
      FW_ASSIGN_OR_RETURN(promql::Value value,
                          promql::EvaluateAt(expression, source, to, QueryLimits()));
      FW_RETURN_IF_ERROR(AnswerWriter(response).Write(value));
      return response.series().empty() ? CheckIsKnown(parts_.desk, request.customer()) : OkStatus();
    }
    Timestamp from = FromMillis(request.from_ms());
    if (from > to) return InvalidArgument("from_ms: after to_ms");
    FW_ASSIGN_OR_RETURN(promql::Matrix matrix,
                        promql::EvaluateRange(expression, source, from, to,
                                              Duration(request.step_ms()), QueryLimits()));
    AnswerWriter(response).WriteMatrix(matrix);
    return response.series().empty() ? CheckIsKnown(parts_.desk, request.customer()) : OkStatus();
  }

  Status DoSelect(const v1::SelectRequest& request, const Stop& stop,
                  const SelectAnswer::Send& send) {
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    if (request.matchers().empty()) {
      return InvalidArgument("matchers: at least one, such as __name__=\"up\"");
    }
    Matchers matchers;
    for (const std::string& text : request.matchers()) {
      StatusOr<Matcher> matcher = ParseMatcher(text);
      if (!matcher.ok()) return InvalidArgument("matchers: " + matcher.status().message());
      matchers.push_back(*std::move(matcher));
    }
    Timestamp from = FromMillis(request.from_ms());
    Timestamp to = request.to_ms() == 0 ? parts_.desk.clock().Now() : FromMillis(request.to_ms());
    ScopedSeries source(parts_.desk.partitions(), request.customer(), kSelectPatience, stop);
    const SelectLimits limits;
    FW_ASSIGN_OR_RETURN(std::unique_ptr<const SeriesView> view,
                        source.Look(matchers, from, to, limits));
    PartWriter writer(send);
    size_t series = 0;
    for (size_t i = 0; i < view->size(); ++i) {
      if (stop()) return Cancelled("the caller went away, or was not done after ten minutes");
      FW_ASSIGN_OR_RETURN(SeriesData data, view->Read(i));
      if (data.samples.empty()) continue;
      if (++series > limits.max_series) return TooManySeries(limits);
      if (writer.points() + data.samples.size() > limits.max_samples) return TooManySamples(limits);
      FW_RETURN_IF_ERROR(writer.Add(data));
    }
    return writer.Flush();
  }

  Status DoListEvents(const std::string&, const v1::ListEventsRequest& request,
                      v1::ListEventsResponse& response) {
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    uint32_t limit = request.limit() == 0 ? kEventsDefault : request.limit();
    if (limit > kEventsMax) {
      return InvalidArgument(fmt::format("limit: at most {}; narrow the time instead", kEventsMax));
    }
    Timestamp to = request.to_ms() == 0 ? parts_.desk.clock().Now() : FromMillis(request.to_ms());
    FW_ASSIGN_OR_RETURN(
        std::vector<HistoryRow> rows,
        parts_.desk.store().ReadHistory(PartitionOf(request.customer()), request.customer(),
                                        FromMillis(request.from_ms()), to, limit));
    for (const HistoryRow& row : rows) FW_RETURN_IF_ERROR(Write(row, *response.add_items()));
    return response.items().empty() ? CheckIsKnown(parts_.desk, request.customer()) : OkStatus();
  }

  Status DoCountEvents(const v1::CountEventsRequest& request, const Stop& stop,
                       v1::CountEventsResponse& response) {
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    FW_ASSIGN_OR_RETURN(CountBy by, ParseCountBy(request.by()));
    CountLimits limits;
    limits.max_listed = request.limit() == 0 ? kEventsDefault : request.limit();
    if (limits.max_listed > kEventsMax) {
      return InvalidArgument(fmt::format("limit: at most {}; narrow the time instead", kEventsMax));
    }
    limits.stop = stop;
    Timestamp to = request.to_ms() == 0 ? parts_.desk.clock().Now() : FromMillis(request.to_ms());
    FW_ASSIGN_OR_RETURN(
        EventCounts counts,
        forewarn::CountEvents(parts_.desk.store(), PartitionOf(request.customer()),
                              request.customer(), FromMillis(request.from_ms()), to, by, limits));
    for (const EventCount& count : counts.counts) Write(count, *response.add_counts());
    response.set_others(counts.others);
    return response.counts().empty() ? CheckIsKnown(parts_.desk, request.customer()) : OkStatus();
  }

  const OperateParts parts_;
  std::atomic<int> selecting_ = 0;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeQueryService(const OperateParts& parts) {
  return std::make_unique<QueryService>(parts);
}

}  // namespace forewarn
