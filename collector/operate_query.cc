#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>
#include <vector>

#include "base/record.h"
#include "collector/customer_series.h"
#include "collector/operate_convert.h"
#include "collector/operate_service.h"
#include "collector/rpc.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/ids.h"
#include "model/incident.h"
#include "rules/promql/promql.h"

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

v1::QuerySeries* AddSeries(const Labels& labels, v1::QueryResponse& response) {
  v1::QuerySeries* series = response.add_series();
  Write(labels, *series->mutable_labels());
  return series;
}

void AddPoint(Timestamp at, double value, v1::QuerySeries& series) {
  series.add_times_ms(ToMillis(at));
  series.add_values(value);
}

void Write(const promql::Matrix& matrix, v1::QueryResponse& response) {
  for (const SeriesData& data : matrix) {
    v1::QuerySeries* series = AddSeries(data.labels, response);
    for (const Sample& sample : data.samples) {
      if (!IsStale(sample.value)) AddPoint(sample.at, sample.value, *series);
    }
  }
}

Status Write(const promql::Value& value, v1::QueryResponse& response) {
  if (const auto* scalar = std::get_if<promql::Scalar>(&value)) {
    AddPoint(scalar->at, scalar->value, *AddSeries({}, response));
  } else if (const auto* vector = std::get_if<promql::Vector>(&value)) {
    for (const promql::VectorSample& sample : *vector) {
      AddPoint(sample.at, sample.value, *AddSeries(sample.labels, response));
    }
  } else if (const auto* matrix = std::get_if<promql::Matrix>(&value)) {
    Write(*matrix, response);
  } else {
    return InvalidArgument("expression: the result is a text, which has no samples");
  }
  return OkStatus();
}

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

class QueryService final : public v1::QueryService::CallbackService {
 public:
  explicit QueryService(const OperateParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Query(grpc::CallbackServerContext* context,
                                  const v1::QueryRequest* request,
                                  v1::QueryResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &QueryService::DoQuery, request, response);
  }
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const v1::ListEventsRequest* request,
                                       v1::ListEventsResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &QueryService::DoListEvents, request,
                          response);
  }

 private:
  Status DoQuery(const std::string&, const v1::QueryRequest& request, v1::QueryResponse& response) {
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    if (request.step_ms() < 0) return InvalidArgument("step_ms: negative");
    FW_ASSIGN_OR_RETURN(promql::Expression expression, promql::Parse(request.expression()));
    CustomerSeries source(parts_.desk.partitions(), request.customer(), kSelectPatience);
    Timestamp to = request.to_ms() == 0 ? parts_.desk.clock().Now() : FromMillis(request.to_ms());
    if (request.step_ms() == 0) {
      FW_ASSIGN_OR_RETURN(promql::Value value,
                          promql::EvaluateAt(expression, source, to, QueryLimits()));
      return Write(value, response);
    }
    Timestamp from = FromMillis(request.from_ms());
    if (from > to) return InvalidArgument("from_ms: after to_ms");
    FW_ASSIGN_OR_RETURN(promql::Matrix matrix,
                        promql::EvaluateRange(expression, source, from, to,
                                              Duration(request.step_ms()), QueryLimits()));
    Write(matrix, response);
    return OkStatus();
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
    return OkStatus();
  }

  const OperateParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeQueryService(const OperateParts& parts) {
  return std::make_unique<QueryService>(parts);
}

}  // namespace forewarn
