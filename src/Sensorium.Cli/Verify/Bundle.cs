using System.Text.Json;
using System.Text.RegularExpressions;
using Sensorium.Weights;

namespace Sensorium.Cli.Verify;

/// <summary>A folder with a <c>case.json</c>: what to compute, and how close it must be.</summary>
public sealed partial class Bundle : IDisposable
{
    readonly Dictionary<string, TensorSource?> files = new(StringComparer.Ordinal);
    readonly JsonDocument document;
    readonly BundlePaths paths;

    Bundle(string folder, JsonDocument document)
    {
        Folder = folder;
        this.document = document;
        paths = new BundlePaths(folder);
        Name = document.RootElement.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : System.IO.Path.GetFileName(folder);
    }

    /// <summary>The bundle's name.</summary>
    public string Name { get; }

    /// <summary>Its folder.</summary>
    public string Folder { get; }

    /// <summary>case.json.</summary>
    public JsonElement Json => document.RootElement;

    /// <summary>The family it exercises.</summary>
    public string Family => Json.TryGetProperty("family", out JsonElement family) ? family.ToString() : Name;

    /// <summary>Opens a bundle.</summary>
    /// <exception cref="CheckpointException">There is no case.json, or it is broken.</exception>
    public static Bundle Open(string folder)
    {
        string file = System.IO.Path.Combine(folder, "case.json");
        try
        {
            return new Bundle(folder, JsonDocument.Parse(InfiniteNumber().Replace(File.ReadAllText(file), "${before}\"${number}\"")));
        }
        catch (JsonException e)
        {
            throw new CheckpointException(file, $"is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>The checks in order; empty for a bundle with a form of its own.</summary>
    public IEnumerable<Check> Checks => Json.TryGetProperty("checks", out JsonElement checks) ? checks.EnumerateArray().Select(json => new Check(this, json)) : [];

    /// <summary>A tensor of one of the bundle's safetensors files.</summary>
    /// <exception cref="CheckpointException">There is no such file or tensor.</exception>
    public Values Tensor(string file, string name) => Values.Of((Source(file) ?? throw new CheckpointException(System.IO.Path.Combine(Folder, file), "is not there"))[name]);

    /// <summary>A file that a check names, or null where it is not there.</summary>
    public string? Find(string path) => paths.File(path);

    /// <summary>The model that a check or the bundle names; null where it is not there.</summary>
    public string? FindModel(string? path) => paths.Model(path ?? (Json.TryGetProperty("model", out JsonElement model) ? model.GetString()! : "model"));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TensorSource? source in files.Values)
        {
            source?.Dispose();
        }

        document.Dispose();
    }

    // Python writes infinite numbers bare, which JSON does not know.
    [GeneratedRegex(@"(?<before>[:\[,]\s*)(?<number>-?Infinity|NaN)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InfiniteNumber();

    TensorSource? Source(string file)
    {
        if (!files.TryGetValue(file, out TensorSource? source))
        {
            string path = System.IO.Path.Combine(Folder, file);
            source = File.Exists(path) ? TensorSource.Open(path) : null;
            files[file] = source;
        }

        return source;
    }
}
