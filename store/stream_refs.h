#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "model/commit.h"
#include "model/telemetry.h"

namespace forewarn {

// SeriesRefs knows the numbers of series by the references that a block, or the blocks of one stream,
// have for them: so labels are looked up once, with the first sample, and not with every batch. Not
// thread-safe.
class SeriesRefs {
 public:
  // The table's series are those of the next references, the first of which is `first_ref`.
  void Learn(uint32_t first_ref, std::shared_ptr<const SeriesTable> table);

  size_t size() const { return ids_.size(); }
  // The number of the series, or 0 when it was not told yet. `ref` is less than size().
  SeriesId IdOf(uint32_t ref) const { return ids_[ref]; }
  // Of a series whose number was not told yet; good until it is.
  const Labels& LabelsOf(uint32_t ref) const;
  // Tells it, once.
  void Resolve(uint32_t ref, SeriesId id);

  size_t memory_bytes() const;  // an estimate

 private:
  // Series named together. Kept while some of them have no number.
  struct Named {
    uint32_t first_ref;
    std::shared_ptr<const SeriesTable> table;
    size_t without;  // a number
  };

  const Named& NamedWith(uint32_t ref) const;

  std::vector<SeriesId> ids_;  // by reference
  std::vector<Named> named_;   // by first_ref
};

// StreamRefs keeps them for each stream as long as it lives. Owned by its head; not thread-safe.
class StreamRefs {
 public:
  // Those of the stream, empty when it is new. Good until the next call.
  SeriesRefs& Of(const std::shared_ptr<const SeriesStream>& stream);

  // Of how many streams something is kept; few of them are dead.
  size_t streams() const { return of_.size(); }
  size_t memory_bytes() const;  // an estimate

 private:
  struct Known {
    std::weak_ptr<const SeriesStream> stream;
    SeriesRefs refs;
  };

  std::map<const SeriesStream*, Known> of_;
  size_t swept_at_ = 4;  // few that are dead are kept: each may hold the names of many series
};

}  // namespace forewarn
