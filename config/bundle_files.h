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
//   customers.yaml   customers: [{id: acme, name: Acme, locale: en, timezone: Europe/Berlin, owner: …,
//                    owner_email: …, contacts: [{name: …, email: …}], labels: {plan: gold}}]
//   receivers.yaml   receivers: [{id: on-call, kind: email, to: [a@example.com]},
//                                {id: hook, kind: webhook, url: https://…, secret_file: /etc/…}]
//   routes.yaml      routes: [{audience: support, matchers: ['team="db"'], receivers: [on-call],
//                              severity_min: warning}]
//   contact.yaml     contact: {late_after: 2m, lost_after: 10m}
//
// Checked besides the syntax: ids are slugs and unique, routes name receivers that exist, matchers parse,
// e-mail addresses and URLs are ones, time zones and locales are known.
//
// kInvalidArgument lists every mistake, one a line, as `path:line:column: text`. The bundle's id is the
// fingerprint of the sorted paths and texts, so order does not matter; a path given twice is a mistake.
StatusOr<Bundle> ParseBundle(std::vector<BundleFile> files);

// Reads the files below a folder, for ParseBundle; paths sorted. Files and folders whose name begins with a
// dot are left out.
StatusOr<std::vector<BundleFile>> ReadBundleDir(const std::string& dir);

// docs/reference/bundle.md.
std::string BundleManual();

}  // namespace forewarn
