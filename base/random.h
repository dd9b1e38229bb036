#pragma once

#include <cstddef>
#include <string>

namespace forewarn {

// `bytes` random bytes from the kernel, as lower-case hex; fit for secrets. Only edges call it: the
// fold never does.
std::string RandomHex(size_t bytes);

// A random (version 4) UUID: `8-4-4-4-12` lower-case hex digits.
std::string RandomUuid();

}  // namespace forewarn
