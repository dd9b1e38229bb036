#include "rules/live/sample_window.h"

#include <algorithm>
#include <utility>

namespace forewarn {

void SampleWindow::Add(Sample sample, Timestamp needed) {
  // Forgetting moves what is left, so it waits until there is no room.
  if (samples_.size() == samples_.capacity()) {
    Forget(needed);
    // Or it would do so again with the next few.
    const size_t size = samples_.size();
    if (size + size / 8 >= samples_.capacity()) samples_.reserve(size + size / 4 + 2);
  }
  if (samples_.empty() || sample.at > samples_.back().at) {
    samples_.push_back(sample);
    return;
  }
  auto place = std::ranges::upper_bound(samples_, sample.at, {}, &Sample::at);
  samples_.insert(place, sample);
}

void SampleWindow::Fill(std::vector<Sample> samples) {
  samples.shrink_to_fit();
  samples_ = std::move(samples);
}

void SampleWindow::Forget(Timestamp needed) {
  auto first = std::ranges::upper_bound(samples_, needed, {}, &Sample::at);
  if (first == samples_.begin()) return;
  samples_.erase(samples_.begin(), first - 1);
}

const Sample* SampleWindow::At(Timestamp at) const {
  if (samples_.empty()) return nullptr;
  if (samples_.back().at <= at) return &samples_.back();  // mostly
  auto after = std::ranges::upper_bound(samples_, at, {}, &Sample::at);
  return after == samples_.begin() ? nullptr : &*(after - 1);
}

std::span<const Sample> SampleWindow::Between(Timestamp from, Timestamp to) const {
  auto begin = std::ranges::lower_bound(samples_, from, {}, &Sample::at);
  auto end = samples_.end();
  if (begin != end && samples_.back().at > to) {
    end = std::ranges::upper_bound(begin, end, to, {}, &Sample::at);
  }
  return {begin, end};
}

}  // namespace forewarn
