#pragma once

#include <cstdint>
#include <string_view>

namespace forewarn {

// Customers, installations, receivers and users are named by slugs: `[a-z0-9-]{1,63}`.
bool IsSlug(std::string_view id);
// Probes are UUIDs in lower case, made at enrolment.
bool IsUuid(std::string_view id);

// Customers are spread over a fixed number of partitions; correlation, escalation and clocks never
// cross one. The number is part of every database and never changes.
inline constexpr uint32_t kPartitions = 64;
// Holds what belongs to no customer: enrolment tokens and the applied bundle.
inline constexpr uint32_t kControlPartition = kPartitions;

// The customer's home, in [0, kPartitions).
uint32_t PartitionOf(std::string_view customer);

}  // namespace forewarn
