#include "collector/doors/otlp_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "collector/doors/otlp_buckets.h"
#include "collector/doors/otlp_names.h"
#include "forewarn/foreign/otlp_metrics_service.pb.h"
#include "model/series_source.h"

namespace forewarn {
namespace {

using foreign::otlp::AggregationTemporality;
using foreign::otlp::ExponentialHistogramDataPoint;
using foreign::otlp::HistogramDataPoint;
using foreign::otlp::InstrumentationScope;
using foreign::otlp::KeyValue;
using foreign::otlp::NumberDataPoint;
using foreign::otlp::ResourceMetrics;
using foreign::otlp::ScopeMetrics;
using foreign::otlp::SummaryDataPoint;
using KeyValues = google::protobuf::RepeatedPtrField<KeyValue>;
using Pairs = std::vector<Labels::Pair>;

constexpr uint32_t kNothingRecorded = 1;
constexpr const char* kNoTemporality = "its temporality is neither delta nor cumulative";
constexpr uint64_t kNanosInMilli = 1'000'000;

class Reader {
 public:
  explicit Reader(BatchBuilder& out) : out_(out), limits_(out.limits()) {}

  OtlpRead Take() { return std::move(read_); }

  void Resource(const ResourceMetrics& resource) {
    target_.clear();
    Pairs info;
    std::string service, space, instance;
    const KeyValues& attributes = resource.resource().attributes();
    // target_info is our own addition, and none is made of more than a series may have.
    bool describes = std::cmp_less_equal(attributes.size(), limits_.labels_per_series);
    for (const KeyValue* attribute : Ordered(attributes)) {
      if (attribute->key() == "service.name") {
        service = OtlpText(attribute->value());
      } else if (attribute->key() == "service.namespace") {
        space = OtlpText(attribute->value());
      } else if (attribute->key() == "service.instance.id") {
        instance = OtlpText(attribute->value());
      } else if (describes) {
        AddOtlpLabel(attribute->key(), OtlpText(attribute->value()), info);
      }
    }
    if (!instance.empty()) target_.emplace_back("instance", std::move(instance));
    if (!service.empty()) {
      target_.emplace_back("job", space.empty() ? service : space + "/" + service);
    }
    newest_ms_ = -1;
    for (const ScopeMetrics& scope : resource.scope_metrics()) {
      for (const foreign::otlp::Metric& metric : scope.metrics()) Metric(scope.scope(), metric);
    }
    if (newest_ms_ >= 0 && !info.empty() && !target_.empty()) TargetInfo(std::move(info));
  }

 private:
  // By name, so that what becomes one label is joined in the order of the names.
  static std::vector<const KeyValue*> Ordered(const KeyValues& attributes) {
    std::vector<const KeyValue*> ordered;
    ordered.reserve(static_cast<size_t>(attributes.size()));
    for (const KeyValue& attribute : attributes) ordered.push_back(&attribute);
    std::ranges::stable_sort(ordered, {}, &KeyValue::key);
    return ordered;
  }

  // Whether a point of these may have labels, said before any are made: what its scope and resource are
  // called is sent once and would be copied for each point.
  Status Fits(const InstrumentationScope& scope, const KeyValues& attributes) const {
    FW_RETURN_IF_ERROR(out_.room());
    if (std::cmp_greater(attributes.size(), limits_.labels_per_series)) {
      return ResourceExhausted(
          fmt::format("{} attributes, above the limit of {}; drop some at the source, or raise "
                      "limits.labels_per_series",
                      attributes.size(), limits_.labels_per_series));
    }
    size_t longest = std::max(scope.name().size(), scope.version().size());
    for (const auto& [name, value] : target_) longest = std::max(longest, value.size());
    if (std::cmp_less_equal(longest, limits_.label_value_size)) return OkStatus();
    return ResourceExhausted(
        fmt::format("its scope or its resource's service has a name of {} bytes, above the limit "
                    "of {}; shorten it at the source, or raise limits.label_value_size",
                    longest, limits_.label_value_size));
  }

  // The labels of one point's series, without the name.
  Pairs LabelsOf(const InstrumentationScope& scope, const KeyValues& attributes) const {
    Pairs labels;
    for (const KeyValue* attribute : Ordered(attributes)) {
      AddOtlpLabel(attribute->key(), OtlpText(attribute->value()), labels);
    }
    auto set = [&](const char* name, const std::string& value) {
      if (value.empty()) return;
      std::erase_if(labels, [&](const Labels::Pair& pair) { return pair.first == name; });
      labels.emplace_back(name, value);
    };
    set("otel_scope_name", scope.name());
    set("otel_scope_version", scope.version());
    for (const auto& [name, value] : target_) set(name.c_str(), value);
    return labels;
  }

  static Pairs Named(const std::string& name, Pairs labels, const char* extra = nullptr,
                     double value = 0) {
    if (extra != nullptr) {
      std::erase_if(labels, [&](const Labels::Pair& pair) { return pair.first == extra; });
      labels.emplace_back(extra, OtlpNumber(value));
    }
    labels.emplace_back(std::string(kMetricName), name);
    return labels;
  }

  // One data point: taken whole, or rejected once, whatever of it was wrong.
  class Point {
   public:
    // `name` is a loan.
    Point(Reader& reader, const std::string& name, uint64_t time_unix_nano)
        : reader_(reader),
          name_(name),
          mark_(reader.out_.here()),
          time_ms_(Millis(time_unix_nano)) {
      ++reader_.read_.items;
      if (time_ms_ == 0) Reject("it has no time");
    }
    ~Point() {
      if (!rejected_) reader_.newest_ms_ = std::max(reader_.newest_ms_, time_ms_);
    }
    Point(const Point&) = delete;
    Point& operator=(const Point&) = delete;

    // Its samples are differences, which count since then.
    void IsDifference(uint64_t since_unix_nano) {
      is_difference_ = true;
      since_ms_ = Millis(since_unix_nano);
    }
    bool good() const { return !rejected_; }
    const std::string& name() const { return name_; }
    int64_t time_ms() const { return time_ms_; }
    bool is_difference() const { return is_difference_; }
    int64_t since_ms() const { return since_ms_; }
    void Reject(const std::string& why) {
      if (rejected_) return;
      rejected_ = true;
      reader_.out_.BackTo(mark_);
      ++reader_.read_.rejected;
      if (reader_.read_.reason.empty()) {
        reader_.read_.reason = fmt::format("metric '{}': {}", name_.substr(0, 100), why);
      }
    }

   private:
    static int64_t Millis(uint64_t nanos) { return static_cast<int64_t>(nanos / kNanosInMilli); }

    Reader& reader_;
    const std::string& name_;
    const BatchBuilder::Mark mark_;
    const int64_t time_ms_;
    int64_t since_ms_ = 0;
    bool is_difference_ = false;
    bool rejected_ = false;
  };

  template <typename Data, typename Take>
  void ForEach(const Data& data, const std::string& name, const InstrumentationScope& scope,
               const Take& take) {
    bool too_long = std::cmp_greater(name.size(), limits_.label_value_size);
    for (const auto& from : data.data_points()) {
      Point point(*this, name, from.time_unix_nano());
      if (!point.good()) continue;
      if (too_long) {
        point.Reject(fmt::format("its name has {} bytes, above limits.label_value_size of {}",
                                 name.size(), limits_.label_value_size));
      } else if (Status fits = Fits(scope, from.attributes()); !fits.ok()) {
        point.Reject(fits.message());
      } else {
        take(point, from);
      }
    }
  }

  void Metric(const InstrumentationScope& scope, const foreign::otlp::Metric& metric) {
    auto name = [&](OtlpKind kind) { return OtlpMetricName(metric.name(), metric.unit(), kind); };
    switch (metric.data_case()) {
      case foreign::otlp::Metric::kGauge:
        ForEach(metric.gauge(), name(OtlpKind::kGauge), scope,
                [&](Point& point, const auto& from) { Number(point, scope, from, false); });
        return;
      case foreign::otlp::Metric::kSum: return Sum(name, scope, metric.sum());
      case foreign::otlp::Metric::kHistogram: {
        bool is_delta = false;
        bool good = Temporality(metric.histogram().aggregation_temporality(), is_delta);
        ForEach(metric.histogram(), name(OtlpKind::kOther), scope,
                [&](Point& point, const auto& from) {
                  if (!good) return point.Reject(kNoTemporality);
                  Buckets(point, scope, from, is_delta, from.start_time_unix_nano());
                });
        return;
      }
      case foreign::otlp::Metric::kExponentialHistogram: {
        bool is_delta = false;
        bool good = Temporality(metric.exponential_histogram().aggregation_temporality(), is_delta);
        ForEach(metric.exponential_histogram(), name(OtlpKind::kOther), scope,
                [&](Point& point, const auto& from) {
                  if (!good) return point.Reject(kNoTemporality);
                  // Each point has bounds of its own, so that one series of differences for each
                  // would miss those that came without it.
                  if (is_delta) {
                    return point.Reject(
                        "an exponential histogram is taken cumulative only, since the bounds of "
                        "its differences move; set the temporality preference of the exporter");
                  }
                  Buckets(point, scope, from, false, 0);
                });
        return;
      }
      case foreign::otlp::Metric::kSummary:
        ForEach(metric.summary(), name(OtlpKind::kOther), scope,
                [&](Point& point, const auto& from) { Summary(point, scope, from); });
        return;
      default: return;  // a metric without points
    }
  }

  static bool Temporality(AggregationTemporality temporality, bool& is_delta) {
    is_delta = temporality == foreign::otlp::AGGREGATION_TEMPORALITY_DELTA;
    return is_delta || temporality == foreign::otlp::AGGREGATION_TEMPORALITY_CUMULATIVE;
  }

  template <typename Name>
  void Sum(const Name& name, const InstrumentationScope& scope, const foreign::otlp::Sum& sum) {
    bool is_delta = false;
    bool good = Temporality(sum.aggregation_temporality(), is_delta);
    ForEach(sum, name(sum.is_monotonic() ? OtlpKind::kCounter : OtlpKind::kOther), scope,
            [&](Point& point, const auto& from) {
              if (!good) return point.Reject(kNoTemporality);
              // What it was before the first difference cannot be known, and it is no counter.
              if (is_delta && !sum.is_monotonic()) {
                return point.Reject(
                    "a sum that may fall is taken cumulative only; set the temporality "
                    "preference of the exporter");
              }
              Number(point, scope, from, is_delta);
            });
  }

  void Number(Point& added, const InstrumentationScope& scope, const NumberDataPoint& point,
              bool is_delta) {
    bool ends = (point.flags() & kNothingRecorded) != 0;
    bool is_int = point.value_case() == NumberDataPoint::kAsInt;
    if (!ends && point.value_case() == NumberDataPoint::VALUE_NOT_SET) {
      return added.Reject("it has no value");
    }
    double value = is_int ? static_cast<double>(point.as_int()) : point.as_double();
    if (is_delta && !ends && value < 0) return added.Reject("its difference is negative");
    if (is_delta && !ends) added.IsDifference(point.start_time_unix_nano());
    Add(added, Named(added.name(), LabelsOf(scope, point.attributes())),
        ends ? StaleMarker() : value);
  }

  template <typename Histogram>
  void Buckets(Point& added, const InstrumentationScope& scope, const Histogram& point,
               bool is_delta, uint64_t since_unix_nano) {
    const std::string& name = added.name();
    if ((point.flags() & kNothingRecorded) != 0) {
      // Which buckets it had is not said.
      Pairs labels = LabelsOf(scope, point.attributes());
      Add(added, Named(name + "_count", labels), StaleMarker());
      Add(added, Named(name + "_sum", labels), StaleMarker());
      return;
    }
    StatusOr<OtlpBuckets> buckets = BucketsOf(point);
    if (!buckets.ok()) return added.Reject(buckets.status().message());
    if (is_delta) added.IsDifference(since_unix_nano);
    Pairs labels = LabelsOf(scope, point.attributes());
    for (const auto& [bound, count] : *buckets) {
      Add(added, Named(name + "_bucket", labels, "le", bound), count);
      if (!added.good()) return;
    }
    Add(added, Named(name + "_count", labels), static_cast<double>(point.count()));
    if (point.has_sum()) Add(added, Named(name + "_sum", labels), point.sum());
  }

  void Summary(Point& added, const InstrumentationScope& scope, const SummaryDataPoint& point) {
    Pairs labels = LabelsOf(scope, point.attributes());
    bool ends = (point.flags() & kNothingRecorded) != 0;
    auto value = [&](double v) { return ends ? StaleMarker() : v; };
    for (const auto& quantile : point.quantile_values()) {
      Add(added, Named(added.name(), labels, "quantile", quantile.quantile()),
          value(quantile.value()));
      if (!added.good()) return;
    }
    Add(added, Named(added.name() + "_sum", labels), value(point.sum()));
    Add(added, Named(added.name() + "_count", labels), value(static_cast<double>(point.count())));
  }

  void TargetInfo(Pairs info) {
    for (const Labels::Pair& ours : target_) {
      std::erase_if(info, [&](const Labels::Pair& pair) { return pair.first == ours.first; });
      info.push_back(ours);
    }
    info.emplace_back(std::string(kMetricName), "target_info");
    uint32_t series = out_.AddSeries(std::move(info));
    // It is our own addition: a resource whose attributes are too many has its metrics all the same.
    if (series != BatchBuilder::kNoSeries) out_.AddSample(series, newest_ms_, 1);
  }

  void Add(Point& point, Pairs labels, double value) {
    if (!point.good()) return;
    if (point.is_difference() && !std::isfinite(value)) {
      return point.Reject("its difference is not a number that could be added up");
    }
    uint32_t series = out_.AddSeries(std::move(labels));
    if (series == BatchBuilder::kNoSeries) return point.Reject(out_.series_reason());
    if (!point.is_difference()) return out_.AddSample(series, point.time_ms(), value);
    out_.AddDifference(series, point.time_ms(), value, point.since_ms());
  }

  BatchBuilder& out_;
  const LimitSettings& limits_;
  OtlpRead read_;
  Pairs target_;  // job and instance of the resource
  int64_t newest_ms_ = -1;
};

}  // namespace

OtlpRead ReadOtlpMetrics(
    const opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest& request,
    BatchBuilder& out) {
  Reader reader(out);
  for (const ResourceMetrics& resource : request.resource_metrics()) reader.Resource(resource);
  return reader.Take();
}

}  // namespace forewarn
