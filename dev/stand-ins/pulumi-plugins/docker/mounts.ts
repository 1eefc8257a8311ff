/** Builds the engine's mounts from a container's properties. */
import type { MountSettings } from "dockerode";
import { isMap } from "../provider/value.ts";
import type { Properties } from "../provider/value.ts";
import { numberOf, textMapOf, textOf } from "../provider/properties.ts";
import { objectsOf } from "../provider/properties.ts";

export function mountSettings(mount: Properties): MountSettings {
  const bind = mount["bindOptions"];
  const volume = mount["volumeOptions"];
  const tmpfs = mount["tmpfsOptions"];
  const type = textOf(mount, "type");
  return {
    Type: type as MountSettings["Type"],
    Target: textOf(mount, "target"),
    Source: textOf(mount, "source"),
    ReadOnly: mount["readOnly"] === true,
    ...(type === "bind" && isMap(bind)
      ? {
          BindOptions: {
            Propagation: textOf(bind, "propagation") as NonNullable<
              MountSettings["BindOptions"]
            >["Propagation"],
          },
        }
      : {}),
    ...(type === "volume" && isMap(volume)
      ? {
          VolumeOptions: {
            NoCopy: volume["noCopy"] === true,
            Labels: Object.fromEntries(
              objectsOf(volume, "labels").map((label) => [textOf(label, "label"), textOf(label, "value")]),
            ),
            DriverConfig: { Name: textOf(volume, "driverName"), Options: textMapOf(volume, "driverOptions") },
          },
        }
      : {}),
    ...(type === "tmpfs" && isMap(tmpfs)
      ? { TmpfsOptions: { SizeBytes: numberOf(tmpfs, "sizeBytes"), Mode: numberOf(tmpfs, "mode") } }
      : {}),
  };
}
