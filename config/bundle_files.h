#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/bundle.h"

namespace forewarn {

// Reads a bundle: `customers.yaml`, `receivers.yaml`, `routes.yaml`, `contact.yaml` (each may be missing) and
// `rules/**.yaml` or `.yml`, whose text is only taken along: parsing rules is for rules/. Paths are relative
// to the bundle's folder, with `/`; a file of any other name is a mistake.
//
// Checked besides the syntax: ids are slugs and unique, routes name receivers that exist, matchers parse,
// e-mail addresses and URLs are ones, time zones and locales are known, no customer is without an owner when
// a route warns customers.
//
// kInvalidArgument lists every mistake, one a line, as `path:line:column: text`. The bundle's id is the
// fingerprint of the sorted paths and texts, so order does not matter; a path given twice is a mistake.
StatusOr<Bundle> ParseBundle(std::vector<BundleFile> files);

// Reads the files below a folder, for ParseBundle; paths sorted. Files and folders whose name begins with a
// dot are left out.
StatusOr<std::vector<BundleFile>> ReadBundleDir(const std::string& dir);

}  // namespace forewarn
