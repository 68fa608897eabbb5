using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>preprocess-image</c>: files through a model's processor.</summary>
sealed class PreprocessImageCheck : ICheckKind
{
    public string Kind => "preprocess-image";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        ImageProcessor processor = session.Model(check).Model switch
        {
            ComposedParts parts => parts.Encoders.First(e => string.Equals(e.Name, check.Component, StringComparison.Ordinal)).Encoder.Processor,
            VisionEncoder encoder => encoder.Processor,
            object other => throw new SkipException($"{other.GetType().Name} has no picture processor"),
        };
        var pictures = new List<Values>();
        foreach (string file in check.Files)
        {
            (float[] rows, int width, int height) = processor.Process(ImageDecoder.DecodeFile(file));
            pictures.Add(Values.Of(rows, height * width, 3).ChannelsFirst(1, 3, height, width));
        }

        Values all = pictures.Count == 1 ? pictures[0] : new Values([.. pictures.SelectMany(p => p.Data)], [pictures.Count, .. pictures[0].Shape[1..]]);
        return FieldChecks.Compare(check, field => field == "pixel_values" ? all : null, judge: true);
    }
}
