using System.Buffers.Binary;
using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>LLaVA that is spoken to in ids and shown <c>pixel_values</c> as they are: a picture is its number among them.</summary>
sealed class PixelSystem(Llava model, Values? pixels) : LanguageSystem
{
    readonly Picture[] pictures = [.. Enumerable.Range(0, pixels?.Shape[0] ?? 0).Select(i =>
    {
        var number = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(number, i);
        return new Picture($"pixel_values[{i}]", number);
    })];

    public override int MaxPictures => pictures.Length;

    public override int SoftTokens(Picture picture) => model.Vision.SoftTokensOf(pixels!.Shape[3], pixels.Shape[2]);

    public override PreparedPicture Prepare(Picture picture, MediaBudget budget) => new(picture, []);

    public override Tensor Encode(Compute c, PreparedPicture picture)
    {
        int size = pixels!.Count / pictures.Length;
        int at = Array.IndexOf(pictures, picture.Picture) * size;
        return model.Vision.Forward(c, PixelValues.Of(c, new Values(pixels.Data[at..(at + size)], [1, .. pixels.Shape[1..]])));
    }

    /// <summary>A batch's rows as prompts: the ids that stand for pictures become the pictures, in their order.</summary>
    public List<PromptSpan>[] Prompts(int[][] rows)
    {
        var waiting = new Queue<Picture>(pictures);
        return [.. rows.Select(ids => Prompt(ids, waiting))];
    }

    List<PromptSpan> Prompt(int[] ids, Queue<Picture> waiting)
    {
        var spans = new List<PromptSpan>();
        for (int at = 0; at < ids.Length;)
        {
            if (ids[at] == model.ImageTokenId)
            {
                Picture picture = waiting.Dequeue();
                spans.Add(PromptSpan.Of(picture, SoftTokens(picture)));
                at += SoftTokens(picture);
                continue;
            }

            int end = Array.IndexOf(ids, model.ImageTokenId, at) is var next and >= 0 ? next : ids.Length;
            spans.Add(PromptSpan.Of(ids[at..end]));
            at = end;
        }

        return spans;
    }
}
