using System.Text.Json;
using Sensorium.Cli.Console;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Cli.Inspection;

/// <summary>A checkpoint told from its headers and JSON files: nothing is loaded, and no family needs to be built for it.</summary>
sealed class CheckpointSummary
{
    const int MostParts = 16;

    readonly string path;
    readonly string format;
    readonly string? architecture;
    readonly IReadOnlyList<(string Name, string Type, long[] Shape, long Bytes)> tensors;
    readonly IReadOnlyList<(string Role, CheckpointSummary Part)> parts;
    readonly IReadOnlyList<Fact> facts;
    readonly TextFacts text;
    readonly Opening? opening;

    CheckpointSummary(
        string path, string format, string? architecture, IReadOnlyList<(string Name, string Type, long[] Shape, long Bytes)> tensors,
        IReadOnlyList<(string Role, CheckpointSummary Part)> parts, IReadOnlyList<Fact> facts, TextFacts text, Opening? opening)
    {
        this.path = path;
        this.format = format;
        this.architecture = architecture;
        this.tensors = tensors;
        this.parts = parts;
        this.facts = facts;
        this.text = text;
        this.opening = opening;
    }

    long Parameters => tensors.Sum(t => t.Shape.Aggregate(1L, (product, size) => product * size)) + parts.Sum(p => p.Part.Parameters);

    long Bytes => tensors.Sum(t => t.Bytes) + parts.Sum(p => p.Part.Bytes);

    /// <summary>Reads a folder or file.</summary>
    /// <exception cref="CheckpointException">Nothing there that is known, or a file is broken.</exception>
    public static CheckpointSummary Read(string path) => Read(path, depth: 0);

    static CheckpointSummary Read(string path, int depth)
    {
        string? folder = Directory.Exists(path) ? path : null;
        string beside = folder ?? Path.GetDirectoryName(Path.GetFullPath(path))!;
        using TensorSource source = TensorSource.Open(path);
        JsonElement? config = source.Gguf is null ? ConfigFile.Read(beside, "config.json") : null;
        string? type = source.Gguf is { } gguf
            ? gguf.Architecture
            : config.Text("architecture") is { } timm ? $"{timm} (timm)" : config.Text("model_type") ?? FirstArchitecture(config);
        return new CheckpointSummary(
            path,
            Format(source),
            type,
            [.. source.Tensors.Select(t => (t.Name, t.Type.ToString(), t.Shape.ToArray(), t.ByteLength))],
            config is { } json && depth == 0 ? Parts(json, beside) : [],
            source.Gguf is { } metadata ? Fact.Of(metadata) : Fact.Of(config),
            TextFacts.Read(source.Gguf, source.Gguf is null ? beside : null),
            depth == 0 ? Opening.Try(path) : null);
    }

    /// <summary>Writes it for people.</summary>
    public void Write(TextWriter output, bool everyTensor, string indent = "")
    {
        Line("path", path);
        Line("architecture", architecture ?? "not said (no config.json)");
        if (opening is not null)
        {
            Line("opens here", opening.Family is { } family ? $"yes, as {family}" : $"no: {opening.WhyNot}");
        }

        Line("format", format);
        Line("parameters", Show.Count(Parameters));
        Line("weights", $"{Show.Bytes(Bytes)} as stored, about what they take in memory");
        foreach (Fact fact in facts)
        {
            Line(fact.Name, fact.Value);
        }

        Line("tokenizer", text.Tokenizer ?? (parts.Count > 0 ? "in its language part" : "none"));
        Line("chat template", text.ChatTemplate is { } template ? $"{Show.Count(template.Length)} characters" : parts.Count > 0 ? "in its language part" : "none");
        output.WriteLine($"{indent}tensors        {Show.Count(tensors.Count)}");
        foreach (IGrouping<string, (string Name, string Type, long[] Shape, long Bytes)> type in tensors.GroupBy(t => t.Type, StringComparer.Ordinal).OrderByDescending(g => g.Sum(t => t.Bytes)))
        {
            output.WriteLine($"{indent}               {type.Key,-8} {Show.Count(type.Count()),6}  {Show.Bytes(type.Sum(t => t.Bytes))}");
        }

        if (everyTensor)
        {
            var table = new TextTable("name", "type", "shape", ">bytes");
            foreach ((string name, string type, long[] shape, long bytes) in tensors)
            {
                table.Add(name, type, Show.Shape(shape), Show.Count(bytes));
            }

            output.WriteLine();
            table.Write(output, indent);
        }

        foreach ((string role, CheckpointSummary part) in parts)
        {
            output.WriteLine();
            output.WriteLine($"{indent}part: {role}");
            part.Write(output, everyTensor, indent + "  ");
        }

        void Line(string name, string value) => output.WriteLine($"{indent}{name,-14} {value}");
    }

    /// <summary>Writes it for programs.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("path", path);
        writer.WriteString("architecture", architecture);
        if (opening is not null)
        {
            writer.WriteBoolean("opens_here", opening.WhyNot is null);
            writer.WriteString("why_not", opening.WhyNot);
        }

        writer.WriteString("format", format);
        writer.WriteNumber("parameters", Parameters);
        writer.WriteNumber("weight_bytes", Bytes);
        foreach (Fact fact in facts)
        {
            fact.Write(writer);
        }

        writer.WriteString("tokenizer", text.Tokenizer);
        writer.WriteString("chat_template", text.ChatTemplate);
        writer.WriteStartArray("tensors");
        foreach ((string name, string type, long[] shape, long bytes) in tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("type", type);
            writer.WriteStartArray("shape");
            foreach (long size in shape)
            {
                writer.WriteNumberValue(size);
            }

            writer.WriteEndArray();
            writer.WriteNumber("bytes", bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("parts");
        foreach ((string role, CheckpointSummary part) in parts)
        {
            writer.WritePropertyName(role);
            part.Write(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    static string? FirstArchitecture(JsonElement? config) =>
        config is { } json && json.TryGetProperty("architectures", out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0].ToString() : null;

    static string Format(TensorSource source) =>
        source.Gguf is not null ? "GGUF" + (source.Files.Count > 1 ? $", {source.Files.Count} files" : "")
        : source.Files.Count > 1 ? $"safetensors, {source.Files.Count - 1} shards" : "safetensors";

    /// <summary>The checkpoints that a composed one names (<c>"model": "../folder"</c> at any depth), by the key they stand under.</summary>
    static List<(string Role, CheckpointSummary Part)> Parts(JsonElement config, string folder)
    {
        var found = new List<(string, CheckpointSummary)>();
        if (config.TryGetProperty("model_type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("composed"))
        {
            Collect(config, "model", depth: 0);
        }

        return found;

        void Collect(JsonElement json, string role, int depth)
        {
            foreach (JsonProperty property in json.EnumerateObject())
            {
                if (property.NameEquals("model") && property.Value.ValueKind == JsonValueKind.String && found.Count < MostParts)
                {
                    string named = Path.GetFullPath(Path.Combine(folder, property.Value.GetString()!));
                    if (!Directory.Exists(named) && !File.Exists(named))
                    {
                        throw new CheckpointException(Path.Combine(folder, "config.json"), role, $"names the part {named}, which is not there");
                    }

                    found.Add((role, Read(named, depth: 1)));
                }
                else if (property.Value.ValueKind == JsonValueKind.Object && depth < 3)
                {
                    Collect(property.Value, property.Name, depth + 1);
                }
            }
        }
    }
}
