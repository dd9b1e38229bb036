#include "probe/wire.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace forewarn {
namespace {

void FillReports(const Reports& reports, v1::Batch& out) {
  for (const Event& event : reports.events) {
    v1::Event& to = *out.add_events();
    to.set_at_ms(ToMillis(event.at));
    to.set_last_at_ms(ToMillis(event.last_at));
    to.set_count(event.count);
    to.set_severity(static_cast<v1::Severity>(event.severity));
    to.set_source(event.source);
    to.set_code(event.code);
    to.set_message(event.message);
    to.set_template_text(event.template_text);
    for (const auto& [name, value] : event.attributes) {
      v1::Attribute& attribute = *to.add_attributes();
      attribute.set_name(name);
      attribute.set_value(value);
    }
  }
  for (const Check& check : reports.checks) {
    v1::Check& to = *out.add_checks();
    to.set_at_ms(ToMillis(check.at));
    to.set_name(check.name);
    to.set_verdict(static_cast<v1::Verdict>(check.verdict));
    to.set_message(check.message);
    to.set_took_ms(check.took.count());
  }
  for (const Fact& fact : reports.facts) {
    v1::Fact& to = *out.add_facts();
    to.set_at_ms(ToMillis(fact.at));
    to.set_name(fact.name);
    to.set_value(fact.value);
  }
  for (const Change& change : reports.changes) {
    v1::Change& to = *out.add_changes();
    to.set_at_ms(ToMillis(change.at));
    to.set_name(change.name);
    to.set_before(change.before);
    to.set_after(change.after);
  }
}

}  // namespace

void BatchWriter::Define(const SeriesName& series, uint32_t ref, v1::Batch& out) {
  std::vector<std::string_view> parts;
  FW_CHECK(SplitSeriesName(series, parts));
  v1::SeriesDefinition& definition = *out.add_series();
  definition.set_ref(ref);
  for (std::string_view part : parts) {
    const auto next = static_cast<uint32_t>(out.label_strings_size());
    auto [known, is_new] = label_refs_.try_emplace(std::string(part), next);
    if (is_new) out.add_label_strings(part.data(), part.size());
    definition.add_label_refs(known->second);
  }
}

uint32_t BatchWriter::RefOf(const SeriesName& series, v1::Batch& out) {
  auto [known, is_new] = refs_.try_emplace(series, static_cast<uint32_t>(refs_.size()));
  if (is_new) Define(known->first, known->second, out);
  return known->second;
}

void BatchWriter::WritePacked(const SpoolItem& item, size_t count, v1::Batch& out) {
  if (count == 0) return;
  std::vector<uint32_t> refs(count);
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) {
    refs[i] = RefOf(item.samples[i].series, out);
    values[i] = item.samples[i].value;
  }
  encoder_.Encode(refs, std::vector<Timestamp>(count, item.at), values,
                  *out.mutable_packed_samples());
}

void BatchWriter::WriteColumns(const SpoolItem& item, size_t first, v1::Batch& out) {
  if (first == item.samples.size()) return;
  v1::SampleColumns& columns = *out.add_samples();
  int count = static_cast<int>(item.samples.size() - first);
  columns.mutable_refs()->Reserve(count);
  columns.mutable_times_ms()->Reserve(count);
  columns.mutable_values()->Reserve(count);
  int64_t ref_before = 0;
  int64_t time_before = 0;
  for (size_t i = first; i < item.samples.size(); ++i) {
    int64_t ref = RefOf(item.samples[i].series, out);
    int64_t time = ToMillis(item.at);
    columns.add_refs(static_cast<int32_t>(ref - ref_before));
    columns.add_times_ms(time - time_before);
    columns.add_values(item.samples[i].value);
    ref_before = ref;
    time_before = time;
  }
}

void BatchWriter::Write(const SpooledBatch& batch, v1::Batch& out) {
  out.Clear();
  label_refs_.clear();
  out.set_epoch(batch.epoch);
  out.set_sequence(batch.sequence);
  // What is beyond the bound of a block goes beside it.
  size_t packed = packed_ ? std::min<size_t>(batch.item.samples.size(), kPackedSamplesMax) : 0;
  WritePacked(batch.item, packed, out);
  WriteColumns(batch.item, packed, out);
  FillReports(batch.item.reports, out);
  for (const Gap& gap : batch.gaps) {
    v1::Gap& to = *out.add_gaps();
    to.set_kind(gap.kind);
    to.set_reason(gap.reason);
    to.set_count(gap.count);
    to.set_from_ms(ToMillis(gap.from));
    to.set_to_ms(ToMillis(gap.to));
  }
  for (const Round& round : batch.item.rounds) {
    v1::Round& to = *out.add_rounds();
    to.set_end_ms(ToMillis(round.end));
    to.set_interval_ms(round.interval.count());
    to.set_clock_offset_ms(round.clock_offset.count());
  }
}

}  // namespace forewarn
