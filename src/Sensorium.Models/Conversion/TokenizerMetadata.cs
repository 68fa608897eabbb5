using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Conversion;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>A folder's tokenizer, special ids and chat template as GGUF metadata (llama.cpp, gguf-py <c>SpecialVocab</c>).</summary>
static class TokenizerMetadata
{
    const string Prefix = "tokenizer.ggml.";

    /// <summary>Adds all of it.</summary>
    /// <exception cref="TokenizerException">The tokenizer is of a kind that llama.cpp does not have.</exception>
    public static void Write(GgufWriter writer, ModelFiles files, ConversionOptions options, ICollection<string> remarks)
    {
        string file = Path.Combine(files.Folder, "tokenizer.json");
        Tokenizer? tokenizer = files.ReadTokenizer();
        if (tokenizer is null || !File.Exists(file))
        {
            // llama.cpp opens such a file for programs that bring ids of their own.
            writer.Add(Prefix + "model", "none");
            WriteIds(writer, Ids(files.Config, null));
            remarks.Add("tokenizer: there is no tokenizer.json beside the weights, so the file has none either");
            return;
        }

        int size = files.Config.IntOr("vocab_size", tokenizer.IdLimit);
        GgufVocabulary vocabulary = VocabularyFromHub.Make(File.ReadAllBytes(file), file, tokenizer, size, options.Pre, remarks);
        Write(writer, vocabulary, files, Ids(files.Config, vocabulary), remarks);
        Template(writer, files, remarks);
    }

    static void Write(GgufWriter writer, GgufVocabulary vocabulary, ModelFiles files, GgufVocabulary ids, ICollection<string> remarks)
    {
        writer.Add(Prefix + "model", vocabulary.Model);
        writer.Add(Prefix + "pre", vocabulary.Pre ?? "default");
        writer.Add(Prefix + "tokens", vocabulary.Tokens);
        if (vocabulary.Scores is { } scores)
        {
            writer.Add(Prefix + "scores", scores);
        }

        writer.Add(Prefix + "token_type", vocabulary.TokenTypes!);
        if (vocabulary.Merges is { } merges)
        {
            writer.Add(Prefix + "merges", merges);
        }

        if (vocabulary.Model == "bert")
        {
            writer.Add(Prefix + "token_type_count", (uint)files.Config.IntOr("type_vocab_size", 1));
        }

        WriteIds(writer, WithEnds(ids, files, remarks));
        Flag(writer, "add_bos_token", vocabulary.AddBos);
        Flag(writer, "add_eos_token", vocabulary.AddEos);
        Flag(writer, "add_space_prefix", vocabulary.AddSpacePrefix);
        Flag(writer, "remove_extra_whitespaces", vocabulary.RemoveExtraWhitespaces);
        if (!vocabulary.PrecompiledCharsMap.IsEmpty)
        {
            writer.Add(Prefix + "precompiled_charsmap", vocabulary.PrecompiledCharsMap);
        }
    }

    /// <summary>The ids, those that the tokenizer's files do not name out of config.json.</summary>
    static GgufVocabulary Ids(Config config, GgufVocabulary? vocabulary)
    {
        vocabulary ??= new GgufVocabulary { Model = "none", Tokens = [] };
        return vocabulary with
        {
            BosId = vocabulary.BosId ?? First(config, "bos_token_id"),
            EosId = vocabulary.EosId ?? First(config, "eos_token_id"),
            PadId = vocabulary.PadId ?? First(config, "pad_token_id"),
        };
    }

    static int? First(Config config, string key) => config.Has(key) && config.Ints(key) is [>= 0 and var id, ..] ? id : null;

    /// <summary>Ids that end an answer beside the end of text: GGUF has two names for them.</summary>
    static GgufVocabulary WithEnds(GgufVocabulary ids, ModelFiles files, ICollection<string> remarks)
    {
        string file = Path.Combine(files.Folder, "generation_config.json");
        if (!File.Exists(file))
        {
            return ids;
        }

        Config settings = ModelFiles.ReadConfig(file);
        string[] lost = [.. ((string[])["temperature", "top_k", "top_p", "min_p", "repetition_penalty", "do_sample", "max_new_tokens"]).Where(settings.Has)];
        if (lost.Length > 0)
        {
            remarks.Add($"generation_config.json: {string.Join(", ", lost)} {(lost.Length == 1 ? "is" : "are")} not carried over");
        }

        int[] ends = [.. GenerationConfig.Read(settings).EosTokenIds.Where(id => id != ids.EosId)];
        if (ends.Length > 2)
        {
            remarks.Add($"generation_config.json: of the ids that end an answer {string.Join(", ", ends.Skip(2))} are not carried over");
        }

        return ids with { EotId = ends.Length > 0 ? ends[0] : null, EomId = ends.Length > 1 ? ends[1] : null };
    }

    static void WriteIds(GgufWriter writer, GgufVocabulary ids)
    {
        Id("bos_token_id", ids.BosId);
        Id("eos_token_id", ids.EosId);
        Id("unknown_token_id", ids.UnknownId);
        Id("seperator_token_id", ids.SeparatorId);
        Id("padding_token_id", ids.PadId);
        Id("cls_token_id", ids.ClassificationId);
        Id("mask_token_id", ids.MaskId);
        Id("eot_token_id", ids.EotId);
        Id("eom_token_id", ids.EomId);

        void Id(string key, int? id)
        {
            if (id is { } known and >= 0)
            {
                writer.Add(Prefix + key, (uint)known);
            }
        }
    }

    static void Flag(GgufWriter writer, string key, bool? value)
    {
        if (value is { } known)
        {
            writer.Add(Prefix + key, known);
        }
    }

    static void Template(GgufWriter writer, ModelFiles files, ICollection<string> remarks)
    {
        try
        {
            if (files.ReadTemplate() is { } template)
            {
                writer.Add("tokenizer.chat_template", template.Source);
            }
        }
        catch (TemplateException e)
        {
            remarks.Add($"chat template: is not carried over, since it cannot be read ({e.Message})");
        }
    }
}
