using System.Text.Json;
using Sensorium.Weights;

namespace Sensorium.Cli.Inspection;

/// <summary>Reads a JSON file of a checkpoint whatever it holds; a broken one is named.</summary>
static class ConfigFile
{
    const long Largest = 64 << 20;

    /// <summary>The file's root object, or null where there is no such file.</summary>
    /// <exception cref="CheckpointException">It is no JSON object, or unreasonably large.</exception>
    public static JsonElement? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            return null;
        }

        if (new FileInfo(path).Length > Largest)
        {
            throw new CheckpointException(path, $"has {new FileInfo(path).Length} bytes; a checkpoint's JSON has {Largest} at most");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CheckpointException(path, $"is a JSON {document.RootElement.ValueKind}, an object is expected");
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>A string, or null where the key is missing or something else.</summary>
    public static string? Text(this JsonElement? json, string key) =>
        json is { } value && value.TryGetProperty(key, out JsonElement found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;

    /// <summary>A whole number, or null where the key is missing or something else.</summary>
    public static long? Whole(this JsonElement? json, string key) =>
        json is { } value && value.TryGetProperty(key, out JsonElement found) && found.ValueKind == JsonValueKind.Number && found.TryGetInt64(out long number) ? number : null;
}
