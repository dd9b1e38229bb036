#pragma once

#include <span>

#include "base/bytes.h"
#include "model/series_source.h"

namespace forewarn {

// The values of a chunk, in whichever of the forms at the top of chunk.cc is smallest for them:
// kind and values. `samples` is not empty.
void EncodeValues(std::span<const Sample> samples, Encoder& out);

// Fills in the values of `samples` from all that is left of `in`. False for bytes that EncodeValues
// of this version or an earlier one cannot have written.
bool DecodeValues(Decoder& in, std::span<Sample> samples);

}  // namespace forewarn
