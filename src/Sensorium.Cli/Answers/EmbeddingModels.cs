using Sensorium.Cli.Errors;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Cli.Answers;

/// <summary>Which embedding model is meant where none is named, and which to get where none is there: none is carried along.</summary>
static class EmbeddingModels
{
    /// <summary>The first model found that embeds what is wanted; one that does nothing else comes first.</summary>
    /// <exception cref="UsageException">There is none; the message says which to get and where to put it.</exception>
    public static LocatedModel Find(Embeds wanted, IEnumerable<LocatedModel> models) => Choose(wanted, models)
        ?? throw new UsageException($"no model that embeds {Kinds(wanted)} was found; {ToGet(wanted)}");

    /// <summary>A model to get, and where to put it.</summary>
    public static string ToGet(Embeds wanted) =>
        $"download {(wanted == Embeds.Texts ? "sentence-transformers/all-MiniLM-L6-v2" : "openai/clip-vit-base-patch32 or google/siglip-base-patch16-224")} from huggingface.co (config.json, tokenizer.json, model.safetensors and the other .json files) and name its folder with --model, or put it into {Place()}";

    /// <summary>Words for what is wanted.</summary>
    public static string Kinds(Embeds wanted) => wanted switch
    {
        Embeds.Texts => "texts",
        Embeds.Pictures => "pictures",
        _ => "texts and pictures",
    };

    static LocatedModel? Choose(Embeds wanted, IEnumerable<LocatedModel> models)
    {
        LocatedModel? more = null;
        foreach (LocatedModel model in models)
        {
            Embeds embeds = EmbedsOf(model.Path);
            if (embeds == wanted)
            {
                return model;
            }

            more ??= embeds.HasFlag(wanted) ? model : null;
        }

        return more;
    }

    // What cannot be opened is no candidate here; whoever names it hears why.
    static Embeds EmbedsOf(string path)
    {
        try
        {
            using ModelFiles files = ModelFiles.Open(path);
            return files.Family.Embeds;
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return Embeds.Nothing;
        }
    }

    static string Place() => ModelLocator.Folders is [.., var last] ? $"a folder that is looked in (SENSORIUM_MODELS names some; {last} is one)" : "a folder that SENSORIUM_MODELS names";
}
