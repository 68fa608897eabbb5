using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>BERT's layer: attention and an MLP, each around a residual and before a layer norm (transformers BertLayer).</summary>
sealed class BertLayer(Checkpoint at, BertConfig config, int layer) : IBlock
{
    readonly GroupedQueryAttention attention = new(at["attention"], config.Attention, layer);
    readonly LayerNorm attentionNorm = new(at["attention"]["output"]["LayerNorm"], config.HiddenSize, config.LayerNormEps);
    readonly Mlp mlp = new(
        new Linear(at["intermediate"]["dense"], config.HiddenSize, config.IntermediateSize),
        new Linear(at["output"]["dense"], config.IntermediateSize, config.HiddenSize),
        config.HiddenAct);

    readonly LayerNorm outputNorm = new(at["output"]["LayerNorm"], config.HiddenSize, config.LayerNormEps);

    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        x = attentionNorm.Forward(c, attention.Forward(c, x, plan, residual: x));
        return outputNorm.Forward(c, mlp.Forward(c, x, residual: x));
    }
}

/// <summary>
/// BERT, RoBERTa and XLM-RoBERTa (Devlin et al. 2018; Liu et al. 2019; transformers BertModel, RobertaModel): an encoder
/// whose rows see each other both ways, with learned positions. Texts of any lengths are one pass, end to end.
/// </summary>
public sealed class Bert : IEmbeds
{
    readonly BertConfig config;
    readonly Weight wordEmbeddings;
    readonly Weight positionEmbeddings;
    readonly Weight? tokenTypeEmbeddings;
    readonly LayerNorm embeddingsNorm;
    readonly BertLayer[] layers;
    readonly string[] stages;
    readonly SentenceModules sentences;

    /// <param name="at">The checkpoint's root, names as <c>BertModel</c> has them.</param>
    /// <param name="config">How it is built.</param>
    /// <param name="json">The config: GGUF's pooling stands in it.</param>
    /// <param name="parts">Opens what sentence-transformers puts beside the model.</param>
    internal Bert(Checkpoint at, BertConfig config, Config json, IPartOpener parts)
    {
        this.config = config;
        Checkpoint embeddings = at["embeddings"];
        MaskedTokenNames? head = MaskedTokenNames.Find(at);
        wordEmbeddings = embeddings["word_embeddings"].Weight(
            "weight", head is not null && config.TieWordEmbeddings ? WeightRole.TableAndMatrix : WeightRole.Table, config.VocabSize, config.HiddenSize);
        positionEmbeddings = embeddings["position_embeddings"].Weight("weight", WeightRole.Table, config.MaxPositionEmbeddings, config.HiddenSize);
        tokenTypeEmbeddings = config.TypeVocabSize == 0
            ? null
            : embeddings["token_type_embeddings"].Weight("weight", WeightRole.Table, config.TypeVocabSize, config.HiddenSize);
        embeddingsNorm = new LayerNorm(embeddings["LayerNorm"], config.HiddenSize, config.LayerNormEps);
        layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new BertLayer(at["encoder"]["layer"][i], config, i))];
        stages = [.. Enumerable.Range(0, layers.Length + 1).Select(i => $"hidden_states_{i}")];
        Pooler = at.Has("pooler.dense.weight") ? new Linear(at["pooler"]["dense"], config.HiddenSize, config.HiddenSize) : null;
        MaskedTokens = head is null ? null : new MaskedTokenHead(at, head, config, wordEmbeddings);
        NextSentence = at.Has("cls.seq_relationship.weight") ? new Linear(at["cls"]["seq_relationship"], config.HiddenSize, 2) : null;
        sentences = SentenceModules.Read(json, parts, config.HiddenSize);

        // Numbers from 0 on, which old checkpoints carry along.
        at.AllowUnused("*embeddings.position_ids");
    }

    /// <summary>Channels of a row.</summary>
    public int HiddenSize => config.HiddenSize;

    /// <summary>Numbers in a text's vector.</summary>
    public int Dimensions => sentences.Dimensions;

    /// <summary>Token ids.</summary>
    public int VocabularySize => config.VocabSize;

    /// <summary>The longest text, in tokens.</summary>
    public int ContextLength => config.ContextLength;

    /// <summary>Before tanh, what the reference calls <c>pooler_output</c>, of a text's first row; null where the checkpoint has none.</summary>
    public Linear? Pooler { get; }

    /// <summary>Logits of masked tokens; null where the checkpoint has none.</summary>
    public MaskedTokenHead? MaskedTokens { get; }

    /// <summary>From the pooler's output, whether the second text follows the first, [texts, 2]; null where the checkpoint has none.</summary>
    public Linear? NextSentence { get; }

    /// <summary>The positions of a text's tokens, by its ids.</summary>
    public int[] Positions(ReadOnlySpan<int> ids)
    {
        var positions = new int[ids.Length];
        int next = config.FirstPosition;
        for (int i = 0; i < positions.Length; i++)
        {
            positions[i] = ids[i] == config.PositionsAfterPad ? ids[i] : next++;
        }

        return positions;
    }

    /// <summary>The plan of texts end to end, each of which sees all of itself.</summary>
    public Plan Plan(IReadOnlyList<int[]> texts)
    {
        var plan = new Plan();
        foreach (int[] ids in texts)
        {
            int first = plan.Add(ids.Length, causal: false);
            int[] positions = Positions(ids);
            for (int i = 0; i < positions.Length; i++)
            {
                plan.SetPosition(first + i, 0, positions[i]);
            }
        }

        return plan;
    }

    /// <summary>The last layer's rows, [rows, hidden].</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="ids">The tokens of all texts, end to end.</param>
    /// <param name="typeIds">Which of two texts each belongs to; empty: the first.</param>
    /// <param name="plan">As <see cref="Plan"/> makes it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id, a type or a position is not in its table.</exception>
    public Tensor Forward(Compute c, ReadOnlySpan<int> ids, ReadOnlySpan<int> typeIds, Plan plan)
    {
        Tensor x = c.Add(c.Embed(wordEmbeddings, ids), c.Embed(positionEmbeddings, plan.Positions()));
        if (tokenTypeEmbeddings is not null)
        {
            x = c.Add(x, c.Embed(tokenTypeEmbeddings, typeIds.IsEmpty ? new int[ids.Length] : typeIds));
        }

        x = embeddingsNorm.Forward(c, x);
        c.Stage(stages[0], x);
        for (int i = 0; i < layers.Length; i++)
        {
            x = c.Run(layers[i], x, plan);
            c.Stage(stages[i + 1], x);
        }

        return x;
    }

    /// <summary>A vector of each text, as sentence-transformers' files beside the checkpoint say, [texts, <see cref="Dimensions"/>].</summary>
    public Tensor Vectors(Compute c, IReadOnlyList<int[]> texts)
    {
        Tensor rows = Forward(c, texts.SelectMany(ids => ids).ToArray(), [], Plan(texts));
        return sentences.Forward(c, rows, [.. texts.Select(ids => ids.Length)]);
    }

    /// <inheritdoc/>
    public EmbeddingSystem ToEmbeddings(ModelFiles files, string identity) => new SentenceEmbeddings(this, sentences, files)
    {
        Name = files.Name,
        Identity = identity,
    };
}
