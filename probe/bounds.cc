#include "probe/bounds.h"

#include <string_view>
#include <utility>
#include <vector>

namespace forewarn {
namespace {

bool Fits(const SeriesName& series, const SizeBounds& bounds) {
  // What is short as a whole has no long part; a label has at least four bytes.
  if (series.size() <= bounds.name && series.size() / 4 <= bounds.labels) return true;
  std::vector<std::string_view> parts;
  if (!SplitSeriesName(series, parts)) return true;
  if (parts.size() / 2 > bounds.labels) return false;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    if (parts[i].size() > bounds.name || parts[i + 1].size() > bounds.label_value) return false;
  }
  return true;
}

void BoundEvent(Event& event, const SizeBounds& bounds) {
  CutText(event.source, bounds.name);
  CutText(event.code, bounds.name);
  // The texts say most: at most half each, and the attributes have what is left.
  CutText(event.message, bounds.event / 2);
  CutText(event.template_text, bounds.event / 2);
  size_t left = bounds.event - event.message.size() - event.template_text.size();
  Attributes kept;
  for (auto& [name, value] : event.attributes) {
    if (kept.size() == bounds.attributes) break;
    CutText(name, bounds.name);
    if (name.size() + value.size() > left) continue;
    left -= name.size() + value.size();
    kept.emplace_back(std::move(name), std::move(value));
  }
  event.attributes = std::move(kept);
}

}  // namespace

void CutText(std::string& text, size_t size) {
  if (text.size() <= size) return;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  text.resize(size);
}

uint64_t ApplyBounds(Readings& all, const SizeBounds& bounds) {
  for (Event& event : all.reports.events) BoundEvent(event, bounds);
  for (Check& check : all.reports.checks) {
    CutText(check.name, bounds.name);
    CutText(check.message, bounds.report);
  }
  for (Fact& fact : all.reports.facts) {
    CutText(fact.name, bounds.name);
    CutText(fact.value, bounds.report);
  }
  for (Change& change : all.reports.changes) {
    CutText(change.name, bounds.name);
    CutText(change.before, bounds.report);
    CutText(change.after, bounds.report);
  }
  return std::erase_if(all.samples,
                       [&](const Reading& reading) { return !Fits(reading.series, bounds); });
}

}  // namespace forewarn
