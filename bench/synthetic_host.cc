// The synthetic mix. Of twenty series of a host, by the number of the metric:
//
//   7  busy counters    grow each round by 1 to 10 000 on average, give or take a quarter
//   2  slow counters    grow by one in 2 % to 10 % of the rounds
//   3  bytes            whole pages of 4 KiB, a random walk that moves in 80 % of the rounds
//   3  percentages      two decimals, pulled back to a mean of their own
//   1  latency          doubles of full precision around a mean of their own
//   4  constants        whole numbers
//
// Each host has its own phase within the interval, and one round in ten is up to 3 ms early or late.

#include "bench/synthetic_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/rng.h"

namespace forewarn::bench {
namespace {

enum class Kind : uint8_t { kBusyCounter, kSlowCounter, kBytes, kPercentage, kLatency, kConstant };

constexpr std::pair<Kind, const char*> kKinds[] = {
    {Kind::kBusyCounter, "requests_total"}, {Kind::kSlowCounter, "errors_total"},
    {Kind::kBytes, "memory_bytes"},         {Kind::kPercentage, "busy_percent"},
    {Kind::kLatency, "latency_seconds"},    {Kind::kConstant, "limit"},
};

Kind KindOf(size_t metric) {
  static constexpr size_t kShares[] = {7, 2, 3, 3, 1, 4};
  size_t place = metric % 20;
  for (size_t k = 0;; ++k) {
    if (place < kShares[k]) return kKinds[k].first;
    place -= kShares[k];
  }
}

// Close to a standard normal number, from one draw: the sum of four uniform ones of 16 bits.
double Bell(Rng& rng) {
  uint64_t bits = rng.Next();
  double sum = 0;
  for (int i = 0; i < 4; ++i, bits >>= 16) sum += static_cast<double>(bits & 0xffff);
  return (sum / 65536 - 2) * std::sqrt(3.0);
}

class SyntheticHost : public HostTelemetry {
 public:
  SyntheticHost(const WorkloadOptions& options, size_t host)
      : options_(options), host_(host), rng_(options.seed * 1'000'003 + host) {
    auto interval = static_cast<size_t>(std::max<int64_t>(1, options.interval.count()));
    phase_ = Duration(static_cast<int64_t>(host * 2'654'435'761 % interval));
    for (size_t metric = 0; metric < options.metrics; ++metric) metrics_.push_back(Begin(metric));
  }

  size_t series() const override { return metrics_.size(); }

  Labels LabelsOf(uint32_t ref) const override {
    const char* name = kKinds[static_cast<size_t>(metrics_[ref].kind)].second;
    return Labels{{"__name__", fmt::format("app_{:03}_{}", ref, name)},
                  {"dc", fmt::format("eu-{}", host_ % 4)},
                  {"grp", fmt::format("g{}", ref % 10)},
                  {"host", fmt::format("host-{:05}.example.net", host_)},
                  {"job", "node"},
                  {"rack", fmt::format("r{}", host_ / 10)}};
  }

  bool Next(HostRound& round) override {
    if (round_ == options_.rounds) return false;
    round.at = options_.start + phase_ + options_.interval * static_cast<int64_t>(round_);
    if (rng_.Chance(0.1)) round.at += Duration(static_cast<int64_t>(rng_.Below(7)) - 3);
    round.refs.resize(metrics_.size());
    round.values.resize(metrics_.size());
    for (size_t i = 0; i < metrics_.size(); ++i) {
      round.refs[i] = static_cast<uint32_t>(i);
      round.values[i] = Step(metrics_[i]);
    }
    ++round_;
    return true;
  }

 private:
  struct Metric {
    Kind kind;
    double value = 0;
    double shape = 0;  // how fast it grows, how far it walks, its mean
  };

  Metric Begin(size_t metric) {
    Metric m{.kind = KindOf(metric)};
    double size = std::pow(10, 4 * rng_.Unit());  // 1 to 10 000, as many small as large
    switch (m.kind) {
      case Kind::kBusyCounter:
        m.shape = size;
        m.value = std::floor(size * 10'000 * rng_.Unit());
        break;
      case Kind::kSlowCounter:
        m.shape = 0.02 + 0.08 * rng_.Unit();
        m.value = static_cast<double>(rng_.Below(100));
        break;
      case Kind::kBytes:
        m.shape = 4 + size / 10;
        m.value = 4096 * static_cast<double>(rng_.Below(4'000'000));
        break;
      case Kind::kPercentage: m.value = m.shape = 5 + 85 * rng_.Unit(); break;
      case Kind::kLatency: m.value = m.shape = size / 1000; break;
      case Kind::kConstant: m.value = std::floor(size); break;
    }
    return m;
  }

  double Step(Metric& m) {
    switch (m.kind) {
      case Kind::kBusyCounter:
        m.value += std::floor(m.shape * std::max(0.0, 1 + 0.25 * Bell(rng_)) + rng_.Unit());
        break;
      case Kind::kSlowCounter: m.value += rng_.Chance(m.shape) ? 1 : 0; break;
      case Kind::kBytes:
        if (rng_.Chance(0.8)) {
          m.value = std::max(0.0, m.value + 4096 * std::floor(m.shape * Bell(rng_)));
        }
        break;
      case Kind::kPercentage: {
        double next = m.value + 0.2 * (m.shape - m.value) + 1.5 * Bell(rng_);
        m.value = std::round(std::clamp(next, 0.0, 100.0) * 100) / 100;
        break;
      }
      case Kind::kLatency: m.value = m.shape * (1 + 0.1 * Bell(rng_)); break;
      case Kind::kConstant: break;
    }
    return m.value;
  }

  const WorkloadOptions options_;
  const size_t host_;
  Duration phase_;

  Rng rng_;
  std::vector<Metric> metrics_;
  size_t round_ = 0;
};

}  // namespace

std::unique_ptr<HostTelemetry> MakeSyntheticHost(const WorkloadOptions& options, size_t host) {
  return std::make_unique<SyntheticHost>(options, host);
}

}  // namespace forewarn::bench
