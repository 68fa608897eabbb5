using System.Text.Json;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>The merges of a BPE model as tokenizer.json has them.</summary>
internal static class MergesJson
{
    /// <summary>Writes the property <c>merges</c>: pairs, since a token may hold the space that older files have between them.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<(string Left, string Right)> merges)
    {
        json.WriteStartArray("merges");
        foreach (var (left, right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }
}
