#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "probe/reading.h"

namespace forewarn {

// The sizes that a collector takes unless it is configured otherwise, in bytes. One item beyond
// them would cost the whole batch that it travels in.
struct SizeBounds {
  size_t name = 256;  // source, code; names of checks, facts, changes, attributes and labels
  size_t label_value = 2048;
  size_t labels = 40;        // a series; the collector takes 48 with those that it adds
  size_t attributes = 48;    // an event
  size_t event = 64 << 10;   // message, template and attributes of an event together
  size_t report = 64 << 10;  // a check's message, a fact's or change's value
};

// `text` without what is beyond `size` bytes, ending with a whole UTF-8 character.
void CutText(std::string& text, size_t size);

// Cuts texts that are too long, leaves out the attributes that no longer fit, and drops the series
// whose labels are too long: a cut label would be another series. Returns how many samples were
// dropped.
uint64_t ApplyBounds(Readings& all, const SizeBounds& bounds = {});

}  // namespace forewarn
