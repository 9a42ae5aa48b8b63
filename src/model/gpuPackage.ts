import type { PinnedFile } from "./modelDownload.ts";

/** A build of llama.cpp for graphics processors, which is too large to come with every download of Wisp. */
export interface GpuPackage extends PinnedFile {
  /** As node-llama-cpp imports it. */
  readonly packageName: string;
  /** Of node-llama-cpp, which takes no other. */
  readonly version: string;
  /** Of all files, unpacked; with another sum it is damaged. */
  readonly unpackedBytes: number;
}

/**
 * Vulkan's, because it runs on the graphics processors of all makers, and because CUDA's two packages are 320 MB to download. A
 * row is checked by who enters it: `npm pack PACKAGE@VERSION`, its size, `sha256sum`, and the sizes of what is in it.
 */
const packages: Readonly<Record<string, GpuPackage>> = {
  "linux-x64": {
    name: "llama.cpp for Vulkan",
    packageName: "@node-llama-cpp/linux-x64-vulkan",
    version: "3.22.1",
    url: "https://registry.npmjs.org/@node-llama-cpp/linux-x64-vulkan/-/linux-x64-vulkan-3.22.1.tgz",
    sizeBytes: 24_311_427,
    sha256: "e10577190fc4bd1649d3b655588e5c7a85fc6b6dbf7136fee596cbe9e25521e7",
    unpackedBytes: 73_750_139,
  },
};

/** Undefined where there is none, as on a Mac, whose engine uses Metal as it is. */
export function gpuPackageFor(platform: NodeJS.Platform, arch: string): GpuPackage | undefined {
  return packages[`${platform}-${arch}`];
}
