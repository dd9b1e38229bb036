#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/commit.h"
#include "store/store.h"

namespace forewarn {

// The values of the journal, with their grammar at the top of journal_format.cc: an entry with the
// samples as applied, and which runs of samples were sealed between them. What is sealed lies
// elsewhere; the journal only tells when, so that replaying it opens and seals exactly as the fold
// did.
std::string EncodeJournal(std::string_view entry, const AppliedSamples& samples,
                          std::span<const SealedChunk> sealed);

// kDataLoss for what no version of EncodeJournal can have written.
StatusOr<Store::JournalItem> DecodeJournal(uint64_t sequence, std::string_view bytes);

}  // namespace forewarn
