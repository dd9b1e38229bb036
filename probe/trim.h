#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace forewarn {

// Gives back what only the start, or a rare task, needed: the heap's free pages, and the pages of
// the program and its libraries that are as they are in their files. The next use brings back what
// is used, from the page cache. The probe is a guest, and its libraries are large: nine tenths of
// what is mapped at the start is never touched again.
//
// Takes a millisecond; for any thread. Where /proc cannot be read only the heap is given back.
void TrimMemory();

struct MappedRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;

  friend bool operator==(const MappedRange&, const MappedRange&) = default;
};
// Of /proc/PID/smaps: private mappings of files that cannot be written and hold no page of their
// own. (One that was relocated has such pages, and dropping them would undo the relocation.)
std::vector<MappedRange> CleanMappings(std::string_view smaps);

}  // namespace forewarn
