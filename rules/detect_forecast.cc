// The forecast detector: when does a resource run out?
//
// Samples become blocks, each the point nearest to the limit within its span of time, so that a
// saw-tooth is judged by its peaks. Once a block ends, a line is fitted through the last 36 by
// Theil and Sen: the median slope over pairs of blocks at least a third of the fit apart. The
// bounds are order statistics of those slopes after Sen (1968), from Kendall's variance
// n(n-1)(2n+5)/18, widened fivefold since neighbouring blocks are not independent, at z = 2.5. The
// claim stands only if
//   - the slope leads to the limit at both bounds: no fit, no claim;
//   - the limit lies within six times the span that was fitted: nobody can see further;
//   - there is `min_history` behind it.
// A break is three blocks in a row on the same side of the line by more than four times the median
// absolute residual (as a standard deviation): what came before them is forgotten.
//
// State, by Save():
//   state  := version(1) varint(n) block{n}        oldest first, at most 36
//   block  := signed(number) signed(at ms) double(distance)   number: event time / block length
//
// The limit is approached from one side: distance = (value - reaches) × sign, where sign makes the
// first distance positive; it is kept as the byte after the version, 0 while nothing was seen, 1
// for +, 2 for -.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "rules/detector.h"

namespace forewarn {

namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kBlocks = 36;
constexpr size_t kBlocksMin = 6;
constexpr size_t kBreakBlocks = 3;
constexpr double kBreakSigmas = 4;
constexpr double kWidening = 5;
constexpr double kZ = 2.5;
constexpr double kReach = 6;
constexpr double kMadToSigma = 1.4826;

struct Block {
  int64_t number = 0;
  Timestamp at;         // of the sample nearest to the limit
  double distance = 0;  // of that sample, to the limit
};

// Distance per second; the line goes through the median of what the blocks say of its height.
struct Fit {
  double slope = 0;
  double slope_low = 0;
  double slope_high = 0;
  double height = 0;  // at the oldest block
  double sigma = 0;   // of the residuals
  double tau = 0;     // Kendall's, of the pairs fitted: -1 falls always
};

double MedianOf(std::vector<double>& values) {
  size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(middle), values.end());
  return values[middle];
}

double SecondsBetween(const Block& a, const Block& b) { return ToSeconds(b.at - a.at); }

Fit FitLine(const std::vector<Block>& blocks) {
  Fit fit;
  size_t n = blocks.size();
  std::vector<double> slopes;
  int64_t falling = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = i + std::max<size_t>(1, n / 3); j < n; ++j) {
      double seconds = SecondsBetween(blocks[i], blocks[j]);
      if (seconds <= 0) continue;
      slopes.push_back((blocks[j].distance - blocks[i].distance) / seconds);
      falling += slopes.back() < 0 ? 1 : slopes.back() > 0 ? -1 : 0;
    }
  }
  if (slopes.empty()) return fit;
  std::sort(slopes.begin(), slopes.end());
  double count = static_cast<double>(slopes.size());
  double dn = static_cast<double>(n);
  double variance = dn * (dn - 1) * (2 * dn + 5) / 18 * kWidening;
  // The pairs used are a part of all n(n-1)/2; the rank distance shrinks with them.
  double ranks = kZ * std::sqrt(variance) * count / (dn * (dn - 1) / 2);
  auto at_rank = [&](double rank) {
    return slopes[static_cast<size_t>(std::clamp(std::round(rank), 0.0, count - 1))];
  };
  fit.slope = at_rank((count - 1) / 2);
  fit.slope_low = at_rank((count - 1 - ranks) / 2);
  fit.slope_high = at_rank((count - 1 + ranks) / 2);
  fit.tau = static_cast<double>(-falling) / count;

  std::vector<double> heights;
  for (const Block& block : blocks) {
    heights.push_back(block.distance - fit.slope * SecondsBetween(blocks.front(), block));
  }
  std::vector<double> residuals = heights;
  fit.height = MedianOf(heights);
  for (double& residual : residuals) residual = std::abs(residual - fit.height);
  fit.sigma = kMadToSigma * MedianOf(residuals);
  return fit;
}

class Forecast : public Detector {
 public:
  explicit Forecast(const ForecastOptions& options) : options_(options) {}

  std::optional<Finding> Observe(Timestamp at, double value) override {
    if (!std::isfinite(value)) return std::nullopt;
    if (sign_ == 0) sign_ = value < options_.reaches ? -1 : 1;
    double distance = (value - options_.reaches) * sign_;
    int64_t number = at.time_since_epoch() / options_.block;
    if (!blocks_.empty() && blocks_.back().number == number) {
      if (distance <= blocks_.back().distance) blocks_.back() = {number, at, distance};
    } else {
      EndBlock();
      blocks_.push_back({number, at, distance});
      if (blocks_.size() > kBlocks + 1) blocks_.erase(blocks_.begin());
    }
    return Claim(distance);
  }

  void Save(Encoder& out) const override {
    out.U8(kVersion);
    out.U8(sign_ == 0 ? 0 : sign_ > 0 ? 1 : 2);
    out.Varint(blocks_.size());
    for (const Block& block : blocks_) {
      out.Signed(block.number);
      out.Signed(ToMillis(block.at));
      out.Double(block.distance);
    }
  }

  Status Load(Decoder& in) override {
    uint8_t version = in.U8();
    uint8_t sign = in.U8();
    uint64_t size = in.Varint();
    if (in.failed() || version != kVersion || sign > 2 || size > kBlocks + 1) {
      return DataLoss("the state of a forecast: not one, or a newer version's");
    }
    std::vector<Block> blocks;
    for (uint64_t i = 0; i < size; ++i) {
      Block block;
      block.number = in.Signed();
      block.at = FromMillis(in.Signed());
      block.distance = in.Double();
      if (!std::isfinite(block.distance)) in.Fail();
      if (!blocks.empty() &&
          (block.number <= blocks.back().number || block.at <= blocks.back().at)) {
        in.Fail();
      }
      blocks.push_back(block);
    }
    if (in.failed()) return DataLoss("the state of a forecast: cut short or damaged");
    sign_ = sign == 0 ? 0 : sign == 1 ? 1 : -1;
    blocks_ = std::move(blocks);
    Refit();
    return OkStatus();
  }

 private:
  // The newest block is complete: fits the line through it and forgets what came before a break.
  void EndBlock() {
    if (blocks_.size() > kBreakBlocks + kBlocksMin) {
      std::vector<Block> before(blocks_.begin(), blocks_.end() - kBreakBlocks);
      Fit fit = FitLine(before);
      double bound = std::max(kBreakSigmas * fit.sigma, 1e-9 * std::abs(fit.height));
      auto side = [&](const Block& block) {
        double off =
            block.distance - fit.height - fit.slope * SecondsBetween(before.front(), block);
        return off > bound ? 1 : off < -bound ? -1 : 0;
      };
      int first = side(blocks_[blocks_.size() - kBreakBlocks]);
      bool broken = first != 0 && std::all_of(blocks_.end() - kBreakBlocks, blocks_.end(),
                                              [&](const Block& b) { return side(b) == first; });
      if (broken) blocks_.erase(blocks_.begin(), blocks_.end() - kBreakBlocks);
    }
    Refit(/*with_newest=*/true);
  }

  // The fit is through complete blocks only; the newest is complete when the next begins.
  void Refit(bool with_newest = false) {
    fit_.reset();
    size_t complete = blocks_.size() - (with_newest || blocks_.empty() ? 0 : 1);
    if (complete < kBlocksMin) return;
    size_t first = complete > kBlocks ? complete - kBlocks : 0;
    std::vector<Block> fitted(blocks_.begin() + static_cast<ptrdiff_t>(first),
                              blocks_.begin() + static_cast<ptrdiff_t>(complete));
    span_ = ToSeconds(fitted.back().at - fitted.front().at);
    fit_ = FitLine(fitted);
  }

  std::optional<Finding> Claim(double distance) const {
    if (!fit_ || span_ < ToSeconds(options_.min_history) || fit_->slope_high >= 0)
      return std::nullopt;
    if (distance <= 0) return Finding{0, 0, 0, -fit_->tau};
    Finding finding{distance / -fit_->slope, distance / -fit_->slope_low,
                    distance / -fit_->slope_high, std::clamp(-fit_->tau, 0.0, 1.0)};
    if (finding.value > kReach * span_ || !std::isfinite(finding.upper)) return std::nullopt;
    return finding;
  }

  const ForecastOptions options_;

  int sign_ = 0;  // of value - reaches, at the first sample
  std::vector<Block> blocks_;
  // Derived from the blocks that are complete.
  std::optional<Fit> fit_;
  double span_ = 0;  // seconds
};

}  // namespace

std::unique_ptr<Detector> MakeForecast(const ForecastOptions& options) {
  return std::make_unique<Forecast>(options);
}

}  // namespace forewarn
