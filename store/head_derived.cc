// What Head takes from rules.

#include <bit>
#include <cstdint>

#include "base/check.h"
#include "base/record.h"
#include "store/head_impl.h"

namespace forewarn {

Head::Derived Head::AppendDerived(const Labels& labels, Sample sample, Commit& commit) {
  FW_CHECK(commit.sequence > 0 && commit.partition == impl_->partition);
  if (commit.samples.size() >= impl_->options.commit_samples) return Derived::kCommitFull;
  SeriesId id = impl_->index.Find(labels);
  if (id == 0) {
    const HeadOptions& options = impl_->options;
    DerivedCounts& derived = impl_->derived;
    if (derived.OfProbe(labels.Get("probe")) >= options.max_series_per_probe / 2 ||
        derived.OfCustomer(labels.Get("customer")) >= options.max_series_per_customer / 2) {
      return Derived::kSeriesLimit;
    }
    id = impl_->Name(labels, commit);
    derived.Add(labels);
  }
  const Impl::Outcome outcome = impl_->Add(id, sample, commit);
  return outcome == Impl::Outcome::kDuplicate ? Derived::kDuplicate : Derived::kKept;
}

bool Head::Holds(const Labels& labels, Sample sample) const {
  const SeriesId id = impl_->index.Find(labels);
  if (id == 0) return false;
  StatusOr<std::vector<Sample>> there = impl_->Read(id, sample.at, sample.at);
  return there.ok() && there->size() == 1 &&
         std::bit_cast<uint64_t>(there->front().value) == std::bit_cast<uint64_t>(sample.value);
}

void Head::TakeDerivedCounts(Commit& commit) {
  for (const DerivedCounts::Record& record : impl_->derived.TakeChanges()) {
    commit.state.push_back({StateKind::kPartition, record.id(), EncodeRecord(record)});
  }
}

Status Head::RestoreDerived(std::string_view record) {
  FW_ASSIGN_OR_RETURN(DerivedCounts::Record counts, DecodeRecord<DerivedCounts::Record>(record));
  impl_->derived.Restore(counts);
  return OkStatus();
}

}  // namespace forewarn
