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
constexpr uint64_t kNanosInMilli = 1'000'000;

class Reader {
 public:
  explicit Reader(BatchBuilder& out) : out_(out) {}

  OtlpRead Take() { return std::move(read_); }

  void Resource(const ResourceMetrics& resource) {
    target_.clear();
    Pairs info;
    std::string service, space;
    for (const KeyValue& attribute : resource.resource().attributes()) {
      std::string value = OtlpText(attribute.value());
      if (attribute.key() == "service.name") {
        service = std::move(value);
      } else if (attribute.key() == "service.namespace") {
        space = std::move(value);
      } else if (attribute.key() == "service.instance.id") {
        if (!value.empty()) target_.emplace_back("instance", std::move(value));
      } else {
        AddOtlpLabel(attribute.key(), std::move(value), info);
      }
    }
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
  // The labels of one point's series, without the name.
  Pairs LabelsOf(const InstrumentationScope& scope, const KeyValues& attributes) const {
    Pairs labels;
    for (const KeyValue& attribute : attributes) {
      AddOtlpLabel(attribute.key(), OtlpText(attribute.value()), labels);
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

  void Metric(const InstrumentationScope& scope, const foreign::otlp::Metric& metric) {
    auto name = [&](OtlpKind kind) { return OtlpMetricName(metric.name(), metric.unit(), kind); };
    switch (metric.data_case()) {
      case foreign::otlp::Metric::kGauge:
        for (const NumberDataPoint& point : metric.gauge().data_points()) {
          Number(name(OtlpKind::kGauge), scope, point, false);
        }
        return;
      case foreign::otlp::Metric::kSum: return Sum(name, scope, metric.sum());
      case foreign::otlp::Metric::kHistogram: {
        bool is_delta = false;
        bool good = Temporality(metric.histogram().aggregation_temporality(), is_delta);
        for (const HistogramDataPoint& point : metric.histogram().data_points()) {
          Buckets(name(OtlpKind::kOther), scope, point, good, is_delta);
        }
        return;
      }
      case foreign::otlp::Metric::kExponentialHistogram: {
        bool is_delta = false;
        bool good = Temporality(metric.exponential_histogram().aggregation_temporality(), is_delta);
        for (const ExponentialHistogramDataPoint& point :
             metric.exponential_histogram().data_points()) {
          Buckets(name(OtlpKind::kOther), scope, point, good, is_delta);
        }
        return;
      }
      case foreign::otlp::Metric::kSummary:
        for (const SummaryDataPoint& point : metric.summary().data_points()) {
          Summary(name(OtlpKind::kOther), scope, point);
        }
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
    std::string series = name(sum.is_monotonic() ? OtlpKind::kCounter : OtlpKind::kOther);
    for (const NumberDataPoint& point : sum.data_points()) {
      if (!good) {
        Reject(series, "its temporality is neither delta nor cumulative");
      } else if (is_delta && !sum.is_monotonic()) {
        // What it was before the first difference cannot be known, and it is no counter.
        Reject(series,
               "a sum that may fall is taken cumulative only; set the temporality preference "
               "of the exporter");
      } else {
        Number(series, scope, point, is_delta);
      }
    }
  }

  void Number(const std::string& name, const InstrumentationScope& scope,
              const NumberDataPoint& point, bool is_delta) {
    Point added(*this, name, point.time_unix_nano());
    if (!added.good()) return;
    bool ends = (point.flags() & kNothingRecorded) != 0;
    bool is_int = point.value_case() == NumberDataPoint::kAsInt;
    if (!ends && point.value_case() == NumberDataPoint::VALUE_NOT_SET) {
      return added.Reject("it has no value");
    }
    double value = is_int ? static_cast<double>(point.as_int()) : point.as_double();
    if (is_delta && !ends && value < 0) return added.Reject("its difference is negative");
    Add(added, Named(name, LabelsOf(scope, point.attributes())), ends ? StaleMarker() : value,
        is_delta && !ends);
  }

  template <typename Histogram>
  void Buckets(const std::string& name, const InstrumentationScope& scope, const Histogram& point,
               bool good_temporality, bool is_delta) {
    Point added(*this, name, point.time_unix_nano());
    if (!added.good()) return;
    if (!good_temporality) return added.Reject("its temporality is neither delta nor cumulative");
    Pairs labels = LabelsOf(scope, point.attributes());
    if ((point.flags() & kNothingRecorded) != 0) {
      // Which buckets it had is not said.
      Add(added, Named(name + "_count", labels), StaleMarker(), false);
      Add(added, Named(name + "_sum", labels), StaleMarker(), false);
      return;
    }
    StatusOr<OtlpBuckets> buckets = BucketsOf(point);
    if (!buckets.ok()) return added.Reject(buckets.status().message());
    for (const auto& [bound, count] : *buckets) {
      Add(added, Named(name + "_bucket", labels, "le", bound), count, is_delta);
    }
    Add(added, Named(name + "_count", labels), static_cast<double>(point.count()), is_delta);
    if (point.has_sum()) Add(added, Named(name + "_sum", labels), point.sum(), is_delta);
  }

  void Summary(const std::string& name, const InstrumentationScope& scope,
               const SummaryDataPoint& point) {
    Point added(*this, name, point.time_unix_nano());
    if (!added.good()) return;
    Pairs labels = LabelsOf(scope, point.attributes());
    bool ends = (point.flags() & kNothingRecorded) != 0;
    auto value = [&](double v) { return ends ? StaleMarker() : v; };
    for (const auto& quantile : point.quantile_values()) {
      Add(added, Named(name, labels, "quantile", quantile.quantile()), value(quantile.value()),
          false);
    }
    Add(added, Named(name + "_sum", labels), value(point.sum()), false);
    Add(added, Named(name + "_count", labels), value(static_cast<double>(point.count())), false);
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

  // One data point: rejected once, whatever of it was wrong.
  class Point {
   public:
    Point(Reader& reader, const std::string& name, uint64_t time_unix_nano)
        : reader_(reader), name_(name) {
      ++reader_.read_.items;
      time_ms_ = static_cast<int64_t>(time_unix_nano / kNanosInMilli);
      if (time_ms_ == 0) Reject("it has no time");
      if (!rejected_) reader_.newest_ms_ = std::max(reader_.newest_ms_, time_ms_);
    }
    bool good() const { return !rejected_; }
    int64_t time_ms() const { return time_ms_; }
    void Reject(const std::string& why) {
      if (rejected_) return;
      rejected_ = true;
      ++reader_.read_.rejected;
      if (reader_.read_.reason.empty()) {
        reader_.read_.reason = fmt::format("metric '{}': {}", name_.substr(0, 100), why);
      }
    }

   private:
    Reader& reader_;
    const std::string& name_;
    int64_t time_ms_ = 0;
    bool rejected_ = false;
  };

  void Reject(const std::string& name, const std::string& why) {
    Point(*this, name, kNanosInMilli).Reject(why);
  }

  void Add(Point& point, Pairs labels, double value, bool is_delta) {
    if (!point.good()) return;
    if (is_delta && !std::isfinite(value)) {
      return point.Reject("its difference is not a number that could be added up");
    }
    uint32_t series = out_.AddSeries(std::move(labels));
    if (series == BatchBuilder::kNoSeries) return point.Reject(out_.series_reason());
    if (is_delta) return out_.AddDifference(series, point.time_ms(), value);
    out_.AddSample(series, point.time_ms(), value);
  }

  BatchBuilder& out_;
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
