// What a generated board has to be, after Grafana's own types. A board is checked as an object literal of type `Board`:
// only then does TypeScript refuse keys that it does not know. Blind in queries and in the values of overrides.
import type { Dashboard, DashboardLink, FieldConfig, Panel, RowPanel, VariableModel } from '@grafana/schema';
import type { Options as Bars } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type {
  FieldConfig as HeatmapFields,
  Options as Heatmap,
} from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as Nodes } from '@grafana/schema/dist/esm/raw/composable/nodegraph/panelcfg/x/NodeGraphPanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type {
  FieldConfig as TableFields,
  Options as Table,
} from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type {
  FieldConfig as Lines,
  Options as TimeSeries,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON has no enums: their values stand for them.
type NumberIn<Text> = Text extends `${infer Value extends number}` ? Value : never;
type Json<T> = T extends string ? `${T}`
  : T extends number ? NumberIn<`${T}`>
  : T extends (infer Item)[] ? Json<Item>[]
  : T extends object ? { [Key in keyof T]: Json<T[Key]> }
  : T;

// Grafana fills in a plugin's defaults where options say nothing.
type Given<T> = T extends unknown[] ? T : T extends object ? { [Key in keyof T]?: Given<T[Key]> } : T;

// Options and fields of each plugin that boards draw with; `traces` is not among Grafana's types, and has none here.
interface Plugins {
  bargauge: [Bars, Nothing];
  heatmap: [Heatmap, HeatmapFields];
  nodeGraph: [Nodes, Nothing];
  stat: [Stat, Nothing];
  table: [Table, TableFields];
  timeseries: [TimeSeries, Lines];
  traces: [Nothing, Nothing];
}
type Nothing = Record<never, never> & { [Key in string]: never };

type Property<Custom> = Exclude<keyof FieldConfig, 'custom'> | `custom.${keyof Custom & string}`;
interface Fields<Custom> {
  defaults: Json<Omit<FieldConfig, 'custom'>> & { custom: Given<Json<Custom>> };
  overrides: { matcher: { id: 'byName'; options: string }; properties: { id: Property<Custom>; value: unknown }[] }[];
}

type Drawn = {
  [Name in keyof Plugins]: Json<Omit<Panel, 'type' | 'options' | 'fieldConfig'>> & {
    type: Name;
    options: Given<Json<Plugins[Name][0]>>;
    fieldConfig: Fields<Plugins[Name][1]>;
  };
}[keyof Plugins];

// Grafana saves the text of a variable's query as `definition`, too; its types do not know.
type Variable = Json<VariableModel> & { definition?: string };

export type Board = Json<Omit<Dashboard, 'panels' | 'templating' | 'links'>> & {
  panels: (Drawn | Json<Omit<RowPanel, 'panels'> & { panels: never[] }>)[];
  templating: { list: Variable[] };
  links: Json<DashboardLink>[];
};
