using System.Text.Json;
using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <content>The way back: a config.json as metadata.</content>
public sealed partial record GgufForm
{
    // Of the shared keys, those that are no counts.
    static readonly HashSet<string> FloatKeys = new(StringComparer.Ordinal) { "rms_norm_eps", "layer_norm_eps", "rope_theta", "rope_local_base_freq" };

    /// <summary>What the family's config.json may leave out: a JSON object.</summary>
    public string Defaults { get; init; } = "{}";

    /// <summary>What the architecture does not say because it is always so: a JSON object of config keys.</summary>
    public string Fixed { get; init; } = "{}";

    /// <summary>The class under the config's <c>architectures</c>.</summary>
    public string? HubClass { get; init; }

    /// <summary>Puts the family's own keys under the shared names, and drops what says no more than the default does.</summary>
    public Action<JsonObject>? Spell { get; init; }

    /// <summary>Adds the metadata that only this family has.</summary>
    public Action<GgufWriter, Config>? Describe { get; init; }

    /// <summary>Tensors that stand for settings.</summary>
    public Func<Config, IEnumerable<RawTensor>>? Extra { get; init; }

    /// <summary>The config as <see cref="WriteMetadata"/> takes it: defaults filled in, one spelling for each setting.</summary>
    public Config Normalise(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        JsonObject json = HubConfig.Normalised(config.WithDefaults(Defaults));
        Spell?.Invoke(json);
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        return new Config(config.Source, document.RootElement.Clone());
    }

    /// <summary>Writes what llama.cpp's converter writes of a model (conversion/base.py, <c>set_gguf_parameters</c>).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="config">See <see cref="Normalise"/>.</param>
    /// <exception cref="CheckpointException">A setting has no form in GGUF.</exception>
    public void WriteMetadata(GgufWriter writer, Config config)
    {
        ArgumentNullException.ThrowIfNull(writer);
        foreach ((string hub, string gguf) in DecoderKeys)
        {
            // Rope's scaling has rules of its own.
            if (hub.Contains('.', StringComparison.Ordinal) || !config.Has(hub))
            {
                continue;
            }

            string key = gguf.Replace("{arch}", Architecture, StringComparison.Ordinal);
            if (FloatKeys.Contains(hub))
            {
                writer.Add(key, config.Float(hub));
            }
            else
            {
                writer.Add(key, (uint)config.Int(hub, least: 0));
            }
        }

        if (config.Has("head_dim"))
        {
            writer.Add($"{Architecture}.attention.value_length", (uint)config.Int("head_dim"));
        }

        if (config.Has("rope_theta"))
        {
            GgufRope.Write(writer, Architecture, config, canScaleByTensor: Extra is not null);
        }

        Describe?.Invoke(writer, config);
    }

    void AddFixed(JsonObject json)
    {
        using JsonDocument document = JsonDocument.Parse(Fixed);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (!json.ContainsKey(property.Name))
            {
                json[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }
        }
    }
}
