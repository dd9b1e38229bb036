#pragma once

namespace forewarn {

// The release, from the project's version in CMakeLists.txt.
inline constexpr char kProbeVersion[] = FW_VERSION;

}  // namespace forewarn
