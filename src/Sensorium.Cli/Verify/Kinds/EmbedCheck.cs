using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Media.Images;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>embed</c>: texts or pictures to vectors, all in one pass.</summary>
sealed class EmbedCheck : ICheckKind
{
    public string Kind => "embed";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        EmbeddingSystem system = session.Embeddings(check);
        Compute c = session.Compute;
        Tensor vectors;
        if (check.Json.TryGetProperty("texts", out JsonElement texts))
        {
            int[][] ids = [.. texts.EnumerateArray().Select(text => system.Tokenize(system.WithPrompt(text.GetString()!, check.Text("prompt_name"))).Ids)];
            if (check.Json.TryGetProperty("expected_ids", out JsonElement expected))
            {
                yield return FieldChecks.Sequence(check.Name, "ids", [.. ids.SelectMany(row => row)], [.. expected.EnumerateArray().SelectMany(JsonIds.Of)], judge: true);
            }

            c.Reset();
            vectors = system.EmbedTexts(c, ids);
        }
        else
        {
            Image[] pictures = [.. check.Files.Select(file => ImageDecoder.DecodeFile(file).Upright())];
            c.Reset();
            vectors = system.EmbedPictures(c, pictures);
        }

        foreach (CheckRow row in FieldChecks.Compare(check, field => field == "embeddings" ? ExpectedShapes.Rows(c.Values(vectors), check.ShapeOf(field)) : null, session.Judge))
        {
            yield return row;
        }
    }
}
